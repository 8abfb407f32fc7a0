// An engine that has the kernels of one kind of processor only, as it would run on a lesser machine.
#ifndef TOKCAST_BENCH_ENGINE_VARIANT_H_
#define TOKCAST_BENCH_ENGINE_VARIANT_H_

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"

namespace tokcast {

// llama.cpp takes the best of the libggml-cpu-*.so that lie beside its loader, and no setting takes that
// away: GGML_BACKEND_PATH adds one, but buffers of the best (AMX) stay in use. So this is a copy of the
// engine's folder without the others. It is deleted with the object.
class EngineVariant {
 public:
  // Of an engine that keeps bin/ and lib/ side by side, as `tokcast engine install` lays it; with no
  // `variant` the engine itself. Errors: kNotFound (it has no such kernels), kIo; those of find_engine.
  static Result<EngineVariant> of(const Engine& engine, std::string_view variant);

  EngineVariant(EngineVariant&& other) noexcept;
  EngineVariant& operator=(EngineVariant&&) = delete;
  ~EngineVariant();

  const Engine& engine() const { return engine_; }

 private:
  EngineVariant(Engine engine, std::string folder) : engine_(std::move(engine)), folder_(std::move(folder)) {}

  Engine engine_;
  std::string folder_;  // empty: nothing was copied
};

}  // namespace tokcast

#endif  // TOKCAST_BENCH_ENGINE_VARIANT_H_
