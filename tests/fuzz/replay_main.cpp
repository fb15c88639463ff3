// Runs a fuzz target without libFuzzer: every seed of its corpus, then a fixed number of mutations of them
// from a generator with a fixed seed, the same in every build. The coverage-guided ones are scripts/fuzz.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

/// The bytes where formats have their edges.
constexpr std::uint8_t kEdges[] = {0x00, 0x01, 0x7F, 0x80, 0x81, 0x90, 0xC0,
                                   0xC4, 0xCB, 0xDC, 0xDD, 0xDF, 0xFF};

class Mutator {
  public:
    explicit Mutator(std::vector<Input> seeds) : seeds_(std::move(seeds)) {}

    Input next() {
        Input input = seeds_[below(seeds_.size())];
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(input);
        return input;
    }

  private:
    std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
    std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }
    static std::ptrdiff_t at(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

    void change(Input& input) {
        const std::size_t where = below(input.size());
        switch (below(7)) {
            case 0:
                if (!input.empty()) input[where] = byte();
                return;
            case 1:
                if (!input.empty()) input[where] = static_cast<std::uint8_t>(input[where] ^ (1U << below(8)));
                return;
            case 2:
                if (!input.empty()) input[where] = kEdges[below(std::size(kEdges))];
                return;
            case 3:
                input.insert(input.begin() + at(below(input.size() + 1)), byte());
                return;
            case 4:
                if (!input.empty()) input.erase(input.begin() + at(where));
                return;
            case 5:
                input.resize(below(input.size() + 1));
                return;
            default:
                splice(input);
                return;
        }
    }

    /// A piece of another seed, put in anywhere.
    void splice(Input& input) {
        const Input& other = seeds_[below(seeds_.size())];
        const std::size_t from = below(other.size());
        const std::size_t length = below(std::min<std::size_t>(other.size() - from, 64) + 1);
        input.insert(input.begin() + at(below(input.size() + 1)), other.begin() + at(from),
                     other.begin() + at(from + length));
    }

    std::vector<Input> seeds_;
    std::mt19937 random_{20'260'101};
};

/// In order of their names, so that a run is the same everywhere.
std::vector<Input> read_seeds(const char* folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Input> seeds;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return seeds;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: %s CORPUS MUTATIONS\n", argv[0]), 2;
    const std::vector<Input> seeds = read_seeds(argv[1]);
    if (seeds.empty()) return std::fprintf(stderr, "no seeds in %s\n", argv[1]), 2;
    for (const Input& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());
    Mutator mutator(seeds);
    const long mutations = std::atol(argv[2]);
    for (long i = 0; i < mutations; ++i) {
        const Input input = mutator.next();
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::printf("%zu seeds and %ld mutations\n", seeds.size(), mutations);
    return 0;
}
