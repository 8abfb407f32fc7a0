#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "machine/dot_amx.h"
#include "machine/dot_block.h"

#define TOKCAST_AMX gnu::target("amx-tile,amx-int8,amx-bf16")

namespace tokcast {
namespace {

constexpr std::size_t kTileRows = 16;
constexpr std::size_t kTileRowBytes = 64;
constexpr std::size_t kTileWords = kTileRowBytes / sizeof(std::uint32_t);
constexpr std::size_t kSteps = kDotDepthBytes / kTileRowBytes;
static_assert(kAmxRows == 2 * kTileRows && kAmxColumns == 2 * kTileWords);

using Tile = std::uint32_t[kTileRows][kTileWords];

// The memory image that LDTILECFG loads (Intel SDM, volume 1, chapter 18).
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileConfiguration kConfiguration{};

// The columns as the instruction wants them: row k of a tile holds, for each of 16 columns, its k-th word of
// four int8 or two bf16.
struct alignas(64) Columns {
  Tile tiles[kSteps][2];
};

void arrange(const std::byte* b, Columns& columns) {
  for (std::size_t column = 0; column < kAmxColumns; ++column) {
    for (std::size_t word = 0; word < kSteps * kTileRows; ++word) {
      Tile& tile = columns.tiles[word / kTileRows][column / kTileWords];
      std::memcpy(&tile[word % kTileRows][column % kTileWords],
                  b + column * kDotDepthBytes + word * sizeof(std::uint32_t), sizeof(std::uint32_t));
    }
  }
}

// Tiles 0 to 3 are sums, 4 and 5 rows, 6 and 7 columns.
[[TOKCAST_AMX]] void clear_sums() {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

[[TOKCAST_AMX]] void load_operands(const std::byte* rows, const Tile* columns) {
  _tile_loadd(4, rows, kDotDepthBytes);
  _tile_loadd(5, rows + kTileRows * kDotDepthBytes, kDotDepthBytes);
  _tile_loadd(6, columns[0], kTileRowBytes);
  _tile_loadd(7, columns[1], kTileRowBytes);
}

struct Int8 {
  using Sum = std::int32_t;
  [[TOKCAST_AMX]] static void add_products() {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
};

struct Bf16 {
  using Sum = float;
  [[TOKCAST_AMX]] static void add_products() {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
};

[[TOKCAST_AMX]] void store_sums(Tile* tiles) {
  _tile_stored(0, tiles[0], kTileRowBytes);
  _tile_stored(1, tiles[1], kTileRowBytes);
  _tile_stored(2, tiles[2], kTileRowBytes);
  _tile_stored(3, tiles[3], kTileRowBytes);
}

template <typename Sum>
void convert_sums(const Tile* tiles, float* sums) {
  for (std::size_t row = 0; row < kAmxRows; ++row) {
    for (std::size_t column = 0; column < kAmxColumns; ++column) {
      const Tile& tile = tiles[row / kTileRows * 2 + column / kTileWords];
      Sum sum;
      std::memcpy(&sum, &tile[row % kTileRows][column % kTileWords], sizeof sum);
      sums[row * kAmxColumns + column] = static_cast<float>(sum);
    }
  }
}

template <typename Type>
[[TOKCAST_AMX]] void multiply(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations) {
  Columns columns;
  arrange(b, columns);
  forget_memory();  // GCC's tile loads do not say that they read memory: nothing else keeps it from being
                    // late
  _tile_loadconfig(&kConfiguration);
  clear_sums();
  for (; iterations > 0; --iterations) {
    for (std::size_t step = 0; step < kSteps; ++step) {
      load_operands(a + step * kTileRowBytes, columns.tiles[step]);
      Type::add_products();
    }
  }
  alignas(64) Tile tiles[4];
  store_sums(tiles);
  _tile_release();
  convert_sums<typename Type::Sum>(tiles, sums);
}

// Linux keeps the 8 KiB of tile registers from a process until it asks (Documentation/arch/x86/xstate.rst).
bool tiles_permitted() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  static const bool permitted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return permitted;
}

}  // namespace

bool has_amx_int8() {
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") && tiles_permitted();
}

bool has_amx_bf16() {
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") && tiles_permitted();
}

void int8_amx(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations) {
  multiply<Int8>(a, b, sums, iterations);
}

void bf16_amx(const std::byte* a, const std::byte* b, float* sums, std::uint64_t iterations) {
  multiply<Bf16>(a, b, sums, iterations);
}

}  // namespace tokcast
