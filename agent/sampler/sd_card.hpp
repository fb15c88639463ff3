// Wear of SD cards and eMMC, from /sys/block/mmcblk*. Cards have no wear counter: what can be known is what
// was written, and from a configured endurance how long that may go on. eMMC has estimates of its own.
// Parsing is pure; SdCards keeps files open. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sampler/ext4.hpp"
#include "agent/sampler/kept_file.hpp"
#include "agent/sampler/periodic.hpp"
#include "agent/sampler/write_rate.hpp"
#include "schema/point.hpp"

namespace pncp {

/// Cards reported of one machine; further ones are left out.
inline constexpr std::size_t kMaxCards = 4;

/// eMMC's `life_time`, such as `0x01 0x02`: for its two types of memory the end, in percent, of the tenth of
/// its life that is being used up; 110 = used up. nullopt where the card gives none (0x00) or nonsense.
[[nodiscard]] std::array<std::optional<std::int64_t>, 2> parse_life_time(std::string_view text);

/// eMMC's `pre_eol_info`: 1 normal, 2 = 80 % of the reserve used, 3 = 90 %; nullopt for anything else.
[[nodiscard]] std::optional<std::int64_t> parse_pre_eol(std::string_view text);

class SdCards {
  public:
    SdCards(const std::string& root, double endurance_tb)
        : folder_(root + "/sys/block/"), endurance_tb_(endurance_tb) {}

    /// Points `pi_sd`. `file_systems` tell what was written to a card in all their lives; without any on it,
    /// the forecast starts from what was written since boot. Searched for on the first call and every 60 s.
    void add_points(std::int64_t now_ms, const std::vector<Ext4Reading>& file_systems, ReadBuffer& buffer,
                    std::vector<Point>& points);

    /// Points `pi_sd_info`: what each card says it is.
    void add_info_points(std::int64_t now_ms, ReadBuffer& buffer, std::vector<Point>& points);

  private:
    struct Card {
        std::string device;
        std::string date_and_name;  ///< another card in the slot has its own rate
        KeptFile stat;
        KeptFile life_time;
        KeptFile pre_eol;
        WriteRate rate;
    };
    void search(std::int64_t now_ms, ReadBuffer& buffer);
    [[nodiscard]] std::string text_in(const std::string& device, const char* file, ReadBuffer& buffer) const;

    std::string folder_;
    double endurance_tb_;
    std::vector<Card> cards_;
    Periodic search_{60'000};
};

}  // namespace pncp
