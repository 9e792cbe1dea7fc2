// Commands to be sent together, encoded as they are added and looked up once: their keys' slot does not
// depend on the cluster.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/args.h"
#include "base/buffer.h"
#include "base/copy.h"
#include "base/status.h"
#include "commands/command_keys.h"

namespace rediscluster {

class CommandList {
 public:
  struct Entry {
    std::size_t begin = 0;  // in the encoded bytes
    std::size_t size = 0;
    const CommandSpec* spec = nullptr;  // null: the table does not have it
    KeySlot keys;

    // The table says all there is to know of where it goes, and that is the owner of a slot.
    bool routed_by_table() const noexcept {
      return keys.slot >= 0 && !keys.cross_slot && !spec->has(kBlocking);
    }
  };

  CommandList() = default;
  CommandList(CommandList&& other) noexcept { swap(other); }
  CommandList& operator=(CommandList&& other) noexcept {
    swap(other);
    return *this;
  }

  // Refuses what no caller may send. `bytes`: of all its arguments.
  Status add(const Args& args, std::size_t bytes);
  Status add(const Args& args) { return add(args, args.bytes()); }
  // One that was looked up before. Throws bad_alloc.
  void add(const Args& args, const CommandSpec* spec, KeySlot keys);
  // The same commands once more. Throws bad_alloc.
  void copy_from(const CommandList& other);
  void clear() noexcept;

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  bool routed_by_table() const noexcept { return unsettled_ == 0; }  // all of them
  const Entry& operator[](std::size_t i) const noexcept { return entries_[i]; }
  const char* encoded(std::size_t i) const noexcept { return bytes_.data() + entries_[i].begin; }
  std::size_t encoded_size() const noexcept { return bytes_.size(); }

  // The arguments of one command, found again in its encoding; for the rare cases that need them.
  class Arguments {
   public:
    Args view() const noexcept { return {data_.size(), data_.data(), lengths_.data()}; }

   private:
    friend class CommandList;
    std::vector<const char*> data_;
    std::vector<std::size_t> lengths_;
  };
  Arguments arguments(std::size_t i) const;
  std::string name(std::size_t i) const;  // in capitals, for messages

 private:
  // The last command with one key that was looked up, and the name by which it was called: lists mostly
  // repeat a command.
  class Usual {
   public:
    // It is called again, by the same letters, and its key is there.
    bool is(const Args& args) const noexcept {
      const std::string_view name = args[0];
      return name.size() == size_ && args.size() >= least_ &&
             equal_short(name.data(), name_.data(), name.size());
    }
    const CommandSpec* spec() const noexcept { return spec_; }
    std::size_t key() const noexcept { return key_; }
    void remember(std::string_view name, const CommandSpec& spec) noexcept;

   private:
    std::array<char, 16> name_{};
    std::size_t size_ = SIZE_MAX;  // of no name: there is none yet
    const CommandSpec* spec_ = nullptr;
    std::size_t least_ = 0;  // arguments
    std::size_t key_ = 0;    // the argument that is its key
  };

  Status append(const Args& args, std::size_t bytes, const CommandSpec* spec, KeySlot keys);
  void swap(CommandList& other) noexcept;

  Buffer bytes_;
  std::vector<Entry> entries_;
  std::size_t unsettled_ = 0;
  Usual usual_;
};

}  // namespace rediscluster
