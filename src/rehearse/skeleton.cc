#include "rehearse/skeleton.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <span>
#include <utility>

#include "base/checked.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "model/gguf_writer.h"
#include "model/reduce.h"
#include "rehearse/layer_kinds.h"
#include "rehearse/random_weights.h"

namespace tokcast {
namespace {

// Engines copy repacked tensors and add buffers of their own: room for the file twice.
Result<void> check_room(Bytes bytes, std::optional<Bytes> memory, const std::string& id) {
  const Bytes need = bytes * 2;
  if (!memory || need <= *memory) return {};
  return fail(ErrorKind::kDoesNotFit,
              fmt::format("rehearsing it takes {} of memory, but only {} may be used", format_bytes(need),
                          format_bytes(*memory)),
              id, "Close other programs or raise the memory limit.");
}

Result<void> write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::unexpected(error_from_errno(errno, "cannot write a skeleton", "memory"));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

// Fills tensors with random weights. Large quantised tensors repeat a tile of random blocks: every byte is
// written, none is computed twice.
class WeightWriter {
 public:
  explicit WeightWriter(int fd) : fd_(fd) {}

  Result<void> write(const Tensor& tensor, std::uint64_t offset) {
    if (auto go_on = check_interrupt(); !go_on) return go_on;
    const std::uint64_t size = tensor.bytes().value;
    if (tensor.type == GgmlType::kF32) {
      const auto numbers = random_f32(tensor.name, tensor.elements(), ++seed_);
      return write_at(fd_, offset, numbers);
    }
    const std::span<const std::byte> tile = tile_of(tensor.type);
    for (std::uint64_t done = 0; done < size;) {
      if (auto go_on = check_interrupt(); !go_on) return go_on;
      const std::uint64_t part = std::min<std::uint64_t>(tile.size(), size - done);
      if (auto ok = write_at(fd_, offset + done, tile.first(part)); !ok) return ok;
      done += part;
    }
    return {};
  }

 private:
  std::span<const std::byte> tile_of(GgmlType type) {
    constexpr std::uint64_t kTileBlocks = 16'384;
    auto& tile = tiles_[type];
    if (tile.empty()) tile = random_blocks(type, kTileBlocks, ++seed_);
    return tile;
  }

  int fd_;
  std::uint64_t seed_ = 0;
  std::map<GgmlType, std::vector<std::byte>> tiles_;
};

// Tensors outside the layers first, then layer by layer: so a skeleton of fewer layers is a prefix.
void order_tensors(GgufHeader& header) {
  std::ranges::stable_sort(header.tensors, {}, [](const Tensor& tensor) -> std::int64_t {
    const auto layer = tensor.layer();
    return layer ? static_cast<std::int64_t>(*layer) : -1;
  });
}

Result<GgufHeader> skeleton_header(const Shape& shape, const std::vector<std::uint32_t>& layers) {
  auto header = reduce_layers(shape.header, layers);
  if (!header) return header;
  order_tensors(*header);
  if (auto size = lay_out_tensors(*header); !size) return std::unexpected(size.error());
  return header;
}

}  // namespace

Skeleton::Skeleton(Skeleton&& other) noexcept {
  *this = std::move(other);
}

Skeleton& Skeleton::operator=(Skeleton&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(bytes_, other.bytes_);
  std::swap(small_header_, other.small_header_);
  std::swap(large_header_, other.large_header_);
  return *this;
}

Skeleton::~Skeleton() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> Skeleton::put_header(const std::string& header) {
  return write_at(descriptor_, 0, std::as_bytes(std::span(header)));
}

Result<void> Skeleton::become_small() {
  return put_header(small_header_);
}
Result<void> Skeleton::become_large() {
  return put_header(large_header_);
}

Result<Skeleton> Skeleton::write(const Shape& shape, const LayerPlan& plan, std::optional<Bytes> memory) {
  auto small = skeleton_header(shape, plan.small());
  auto large = skeleton_header(shape, plan.large);
  if (!small) return std::unexpected(small.error());
  if (!large) return std::unexpected(large.error());
  const auto bare = encode_gguf_header(*large);
  if (!bare) return std::unexpected(bare.error());
  const auto padded = checked_round_up(bare->size() + kMaxHeaderPadding, large->alignment);
  auto small_text = encode_gguf_header(*small, *padded);
  auto large_text = encode_gguf_header(*large, *padded);
  if (!small_text) return std::unexpected(small_text.error());
  if (!large_text) return std::unexpected(large_text.error());

  Skeleton out;
  out.small_header_ = std::move(*small_text);
  out.large_header_ = std::move(*large_text);
  const auto data_bytes = lay_out_tensors(*large);
  out.bytes_ = *data_bytes + Bytes(*padded);
  if (auto room = check_room(out.bytes_, memory, shape.id); !room) return std::unexpected(room.error());
  out.descriptor_ = memfd_create("tokcast-skeleton", MFD_CLOEXEC);
  if (out.descriptor_ < 0)
    return std::unexpected(error_from_errno(errno, "cannot make a file in memory", shape.id));
  if (ftruncate(out.descriptor_, static_cast<off_t>(out.bytes_.value)) != 0) {
    return std::unexpected(error_from_errno(errno, "cannot size a file in memory", shape.id));
  }
  WeightWriter writer(out.descriptor_);
  for (std::size_t i = 0; i < large->tensors.size(); ++i) {
    if (auto ok = writer.write(large->tensors[i], *padded + large->offsets[i]); !ok) {
      return std::unexpected(ok.error());
    }
  }
  if (auto ok = out.become_large(); !ok) return std::unexpected(ok.error());
  return out;
}

Result<Skeleton> Skeleton::write_full(const Shape& shape, std::optional<Bytes> memory) {
  LayerPlan all{.large = all_layers(shape)};
  all.small_count = static_cast<std::uint32_t>(all.large.size());
  return write(shape, all, memory);
}

}  // namespace tokcast
