// Runs a fuzz target without libFuzzer: every seed of its corpus, then a bounded number of mutations of them
// from a seeded generator. So each build has the fuzz targets as tests; `cmake --preset fuzz` has the
// coverage-guided ones.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

void mutate(Input& input, std::mt19937& random) {
    const auto pick = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
    for (std::size_t changes = 1 + pick(4); changes > 0; --changes) {
        switch (pick(4)) {
            case 0:
                if (!input.empty()) input[pick(input.size())] = static_cast<std::uint8_t>(random());
                break;
            case 1:
                input.insert(input.begin() + static_cast<std::ptrdiff_t>(pick(input.size() + 1)),
                             static_cast<std::uint8_t>(random()));
                break;
            case 2:
                if (!input.empty())
                    input.erase(input.begin() + static_cast<std::ptrdiff_t>(pick(input.size())));
                break;
            default:
                input.resize(pick(input.size() + 1));
                break;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: %s CORPUS MUTATIONS\n", argv[0]), 2;
    std::vector<Input> seeds;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream file(entry.path(), std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    if (seeds.empty()) return std::fprintf(stderr, "no seeds in %s\n", argv[1]), 2;
    for (const Input& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());
    std::mt19937 random(20'260'101);
    const long mutations = std::atol(argv[2]);
    for (long i = 0; i < mutations; ++i) {
        Input input = seeds[random() % seeds.size()];
        mutate(input, random);
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::printf("%zu seeds and %ld mutations\n", seeds.size(), mutations);
    return 0;
}
