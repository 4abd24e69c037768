// power_cut.cc - preloaded into cost-ops by power_cut.py: writes down, in their order, all changes
// to files under $POWER_CUT_FOLDER, with their bytes, and all syncs, to the file $POWER_CUT_LOG.
//
// A record: kind (1 byte), length of the path (2), of the data (4), offset or length (8), path,
// data; numbers little-endian. Kinds: o(pen, new), w(rite), t(runcate), s(ync), r(ename, the data
// is the new name), u(nlink).
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace {

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

class Recorder {
 public:
  Recorder() : folder_(text_of("POWER_CUT_FOLDER")) {
    const std::string log = text_of("POWER_CUT_LOG");
    if (!folder_.empty() && !log.empty()) {
      log_ = next<int(const char*, int, ...)>("open")(
          log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
  }
  std::recursive_mutex& mutex() { return mutex_; }
  [[nodiscard]] bool watches(std::string_view path) const {
    return log_ >= 0 && path.starts_with(folder_);
  }
  void opened(int fd, const char* path, int flags, bool was_there) {
    if (fd < 0 || !watches(path)) return;
    paths_[fd] = path;
    if ((flags & O_ACCMODE) == O_RDONLY) return;
    if (!was_there) note('o', path, 0, {});
    if (was_there && (flags & O_TRUNC) != 0) note('t', path, 0, {});
  }
  void closed(int fd) { paths_.erase(fd); }
  void written(int fd, std::uint64_t offset, const void* bytes, ssize_t count) {
    const auto path = paths_.find(fd);
    if (path == paths_.end() || count <= 0) return;
    note('w', path->second, offset, {static_cast<const char*>(bytes), static_cast<size_t>(count)});
  }
  void note_fd(char kind, int fd, std::uint64_t number) {
    const auto path = paths_.find(fd);
    if (path != paths_.end()) note(kind, path->second, number, {});
  }
  void note(char kind, std::string_view path, std::uint64_t number, std::string_view data) {
    const auto path_length = static_cast<std::uint16_t>(path.size());
    const auto length = static_cast<std::uint32_t>(data.size());
    std::string record(1, kind);
    record.append(reinterpret_cast<const char*>(&path_length), sizeof(path_length));
    record.append(reinterpret_cast<const char*>(&length), sizeof(length));
    record.append(reinterpret_cast<const char*>(&number), sizeof(number));
    record.append(path).append(data);
    static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
    if (real(log_, record.data(), record.size()) != static_cast<ssize_t>(record.size())) abort();
  }

 private:
  static std::string text_of(const char* variable) {
    const char* text = std::getenv(variable);
    return text == nullptr ? "" : text;
  }
  std::string folder_;
  int log_ = -1;
  std::recursive_mutex mutex_;
  std::map<int, std::string> paths_;
};

/// Never destroyed: the destructors of other files still write.
Recorder& recorder() {
  alignas(Recorder) static std::array<std::byte, sizeof(Recorder)> memory;
  static Recorder* const only = std::construct_at(reinterpret_cast<Recorder*>(memory.data()));
  return *only;
}

bool is_there(const char* path) {
  struct stat status {};
  return ::stat(path, &status) == 0;
}

template <typename Open>
int open_with(const Open& real, const char* path, int flags) {
  const std::scoped_lock lock(recorder().mutex());
  const bool was_there = is_there(path);
  const int fd = real();
  recorder().opened(fd, path, flags, was_there);
  return fd;
}

/// Does `change`, and notes it if it was done.
template <typename Change, typename Note>
auto changed(const Change& change, const Note& note) {
  const std::scoped_lock lock(recorder().mutex());
  const auto done = change();
  const int error = errno;
  if (done >= 0) note(done);
  errno = error;
  return done;
}

int mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, int) : 0;
}

int rename_with(const char* from, const char* to) {
  return changed([&] { return next<int(const char*, const char*)>("rename")(from, to); },
                 [&](int) {
                   if (recorder().watches(from)) recorder().note('r', from, 0, to);
                 });
}

int unlink_with(const char* name, const char* path) {
  return changed([&] { return next<int(const char*)>(name)(path); },
                 [&](int) {
                   if (recorder().watches(path)) recorder().note('u', path, 0, {});
                 });
}

int truncate_with(const char* name, int fd, off64_t length) {
  return changed([&] { return next<int(int, off64_t)>(name)(fd, length); },
                 [&](int) { recorder().note_fd('t', fd, static_cast<std::uint64_t>(length)); });
}

int sync_with(const char* name, int fd) {
  return changed([&] { return next<int(int)>(name)(fd); },
                 [&](int) { recorder().note_fd('s', fd, 0); });
}

ssize_t pwrite_with(const char* name, int fd, const void* bytes, size_t count, off64_t offset) {
  return changed(
      [&] {
        return next<ssize_t(int, const void*, size_t, off64_t)>(name)(fd, bytes, count, offset);
      },
      [&](ssize_t done) {
        recorder().written(fd, static_cast<std::uint64_t>(offset), bytes, done);
      });
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_with([&] { return next<int(const char*, int, ...)>("open")(path, flags, mode); },
                   path, flags);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_with([&] { return next<int(const char*, int, ...)>("open64")(path, flags, mode); },
                   path, flags);
}

int close(int fd) {
  const std::scoped_lock lock(recorder().mutex());
  recorder().closed(fd);
  return next<int(int)>("close")(fd);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  return changed([&] { return next<ssize_t(int, const void*, size_t)>("write")(fd, bytes, count); },
                 [&](ssize_t done) {
                   if (done <= 0) return;
                   recorder().written(fd, static_cast<std::uint64_t>(lseek(fd, 0, SEEK_CUR) - done),
                                      bytes, done);
                 });
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  return pwrite_with("pwrite", fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  return pwrite_with("pwrite64", fd, bytes, count, offset);
}
int ftruncate(int fd, off_t length) { return truncate_with("ftruncate", fd, length); }
int ftruncate64(int fd, off64_t length) { return truncate_with("ftruncate64", fd, length); }
int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }
int rename(const char* from, const char* to) { return rename_with(from, to); }
int unlink(const char* path) { return unlink_with("unlink", path); }
int remove(const char* path) { return unlink_with("remove", path); }

// What would go past the record is refused or ends the test.
int fallocate(int, int, off_t, off_t) {
  errno = EOPNOTSUPP;
  return -1;
}
int fallocate64(int, int, off64_t, off64_t) {
  errno = EOPNOTSUPP;
  return -1;
}
ssize_t writev(int fd, const struct iovec* parts, int count) {
  ssize_t all = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
    if (done < 0) return all > 0 ? all : done;
    all += done;
    if (static_cast<size_t>(done) < parts[i].iov_len) break;
  }
  return all;
}

}  // extern "C"
