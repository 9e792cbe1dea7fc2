#include "resp/hiredis_reader.h"
#include "resp/resp3.h"

#if !defined(REDISCLUSTER_HIREDIS_INSIDE) && defined(__GLIBC__)
#define REDISCLUSTER_LOOK_AT_HIREDIS
#include <dlfcn.h>
#include <link.h>

#include <string_view>

#include "base/text.h"
#endif

namespace rediscluster {

#define REDISCLUSTER_TEXT_OF(number) #number
#define REDISCLUSTER_DOTTED(a, b, c) \
  REDISCLUSTER_TEXT_OF(a) "." REDISCLUSTER_TEXT_OF(b) "." REDISCLUSTER_TEXT_OF(c)

const char* hiredis_version() noexcept {
  return REDISCLUSTER_DOTTED(HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
}

#ifdef REDISCLUSTER_LOOK_AT_HIREDIS
namespace {

// A program or library in this process, as its own dynamic section tells of it.
class Loaded {
 public:
  explicit Loaded(const void* something_in_it) noexcept {
    void* map = nullptr;
    if (dladdr1(something_in_it, &place_, &map, RTLD_DL_LINKMAP) != 0)
      map_ = static_cast<const link_map*>(map);
  }

  bool found() const noexcept { return map_ != nullptr; }
  bool operator==(const Loaded& other) const noexcept { return map_ == other.map_; }
  const char* file() const noexcept { return place_.dli_fname; }

  // Its own name, whatever path it was loaded by; empty for most programs.
  std::string_view name() const noexcept {
    std::string_view found;
    for_each(DT_SONAME, [&](std::string_view text) { found = text; });
    return found;
  }
  // The hiredis that it was linked with; empty: with a static one.
  std::string_view hiredis() const noexcept {
    std::string_view found;
    for_each(DT_NEEDED, [&](std::string_view text) {
      if (text.find("hiredis") != std::string_view::npos) found = text;
    });
    return found;
  }

 private:
  template <class Use>
  void for_each(ElfW(Sxword) tag, Use&& use) const noexcept {
    const char* strings = nullptr;
    for (const ElfW(Dyn)* at = map_->l_ld; at->d_tag != DT_NULL; ++at) {
      if (at->d_tag != DT_STRTAB) continue;
      // On most machines the loader has made an address of it.
      const ElfW(Addr) base = at->d_un.d_ptr < map_->l_addr ? map_->l_addr : 0;
      strings = reinterpret_cast<const char*>(base + at->d_un.d_ptr);
    }
    for (const ElfW(Dyn)* at = map_->l_ld; strings != nullptr && at->d_tag != DT_NULL; ++at) {
      if (at->d_tag == tag) use(std::string_view(strings + at->d_un.d_val));
    }
  }

  Dl_info place_{};
  const link_map* map_ = nullptr;
};

template <class Function>
Status check(const char* name, Function* function) {
  const Loaded ours(reinterpret_cast<const void*>(&hiredis_version));
  const Loaded its(reinterpret_cast<const void*>(function));
  if (!ours.found() || !its.found() || its == ours) return {};
  const std::string_view linked = ours.hiredis();
  if (linked.empty() || its.name() == linked) return {};
  return make_error(
      Code::kUnsupported, Outcome::kNotSent,
      text("another hiredis is in the way: ", name, " in this process is that of ", its.file(),
           ", and this library was linked with ", linked, " (", hiredis_version(),
           "): build it with -DREDISCLUSTER_HIREDIS=static, or keep the other one out of the process"));
}

}  // namespace

Status check_hiredis() {
  auto status = check("redisReaderCreateWithFunctions", &redisReaderCreateWithFunctions);
  if (status.ok()) status = check("redisReaderFree", &redisReaderFree);
  if (status.ok()) status = check("redisReaderFeed", &redisReaderFeed);
  if (status.ok()) status = check("redisReaderGetReply", &redisReaderGetReply);
  return status;
}
#else
Status check_hiredis() { return {}; }
#endif

}  // namespace rediscluster
