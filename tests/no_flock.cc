// Preloaded, it makes a file system where flock always succeeds, as some that are shared over a network do.
extern "C" int flock(int, int) {
  return 0;
}
