#include "probe/table.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace kmpack {
namespace {

constexpr std::string_view kMagic = "kmpack probes 1\n";

struct Slot {
  std::uint64_t hash;
  std::uint64_t offset;  ///< of the entry, from the table's beginning
};

/// Before each entry's text: key, out, errors, output, one behind the other.
struct EntryHead {
  std::uint64_t sum;  ///< of all that follows
  std::uint32_t key;
  std::uint32_t out;
  std::uint32_t errors;
  std::uint32_t output;
  std::int32_t status;
  std::uint32_t has_output;
};

/// FNV-1a. Two keys of one hash are told apart by themselves; as a sum it is against accidents.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class T>
bool read_at(std::string_view table, std::uint64_t offset, T& value) {
  if (offset > table.size() || table.size() - offset < sizeof value) return false;
  std::memcpy(&value, table.data() + offset, sizeof value);
  return true;
}

std::optional<std::uint64_t> slots_in(std::string_view table) {
  std::uint64_t count = 0;
  if (!table.starts_with(kMagic) || !read_at(table, kMagic.size(), count)) return std::nullopt;
  if (count > table.size() / sizeof(Slot)) return std::nullopt;
  return count;
}

constexpr std::uint64_t kFirstSlot = kMagic.size() + sizeof(std::uint64_t);

Slot slot_at(std::string_view table, std::uint64_t index) {
  Slot slot{.hash = 0, .offset = table.size()};
  read_at(table, kFirstSlot + index * sizeof slot, slot);
  return slot;
}

struct Entry {
  std::string_view key;
  ProbeAnswer answer;
};

std::optional<Entry> entry_at(std::string_view table, std::uint64_t offset) {
  EntryHead head{};
  if (!read_at(table, offset, head)) return std::nullopt;
  std::string_view text = table.substr(offset + sizeof head);
  const std::uint64_t size = std::uint64_t{head.key} + head.out + head.errors + head.output;
  if (size > text.size()) return std::nullopt;
  const std::string_view summed = table.substr(offset + sizeof head.sum, sizeof head - sizeof head.sum + size);
  if (hash_of(summed) != head.sum) return std::nullopt;
  const auto next = [&text](std::uint32_t length) {
    const std::string_view piece = text.substr(0, length);
    text.remove_prefix(length);
    return piece;
  };
  Entry entry{.key = next(head.key), .answer = {.status = head.status, .out = {}, .errors = {}, .output = {}}};
  entry.answer.out = next(head.out);
  entry.answer.errors = next(head.errors);
  if (head.has_output != 0) entry.answer.output = next(head.output);
  return entry;
}

}  // namespace

std::string render_table(const ProbeAnswerMap& answers) {
  std::string entries;
  std::vector<Slot> slots;
  const std::uint64_t first = kFirstSlot + answers.size() * sizeof(Slot);
  for (const auto& [key, answer] : answers) {
    slots.push_back({hash_of(key), first + entries.size()});
    EntryHead head{.sum = 0,
                   .key = static_cast<std::uint32_t>(key.size()),
                   .out = static_cast<std::uint32_t>(answer.out.size()),
                   .errors = static_cast<std::uint32_t>(answer.errors.size()),
                   .output = static_cast<std::uint32_t>(answer.output ? answer.output->size() : 0),
                   .status = answer.status,
                   .has_output = answer.output ? 1U : 0U};
    const std::string text = key + answer.out + answer.errors + answer.output.value_or(std::string());
    std::string summed(bytes_of(head).substr(sizeof head.sum));
    summed += text;
    head.sum = hash_of(summed);
    entries += bytes_of(head);
    entries += text;
  }
  std::ranges::sort(slots, {}, &Slot::hash);
  std::string table(kMagic);
  const std::uint64_t count = slots.size();
  table += bytes_of(count);
  for (const Slot& slot : slots) table += bytes_of(slot);
  return table + entries;
}

std::optional<ProbeAnswer> find_answer(std::string_view table, std::string_view key) {
  const auto count = slots_in(table);
  if (!count) return std::nullopt;
  const std::uint64_t hash = hash_of(key);
  std::uint64_t low = 0;
  std::uint64_t high = *count;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (slot_at(table, middle).hash < hash)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < *count; ++low) {
    const Slot slot = slot_at(table, low);
    if (slot.hash != hash) break;
    if (auto entry = entry_at(table, slot.offset); entry && entry->key == key) return std::move(entry->answer);
  }
  return std::nullopt;
}

ProbeAnswerMap answers_in(std::string_view table) {
  ProbeAnswerMap all;
  const std::uint64_t count = slots_in(table).value_or(0);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (auto entry = entry_at(table, slot_at(table, i).offset)) all.emplace(entry->key, std::move(entry->answer));
  }
  return all;
}

}  // namespace kmpack
