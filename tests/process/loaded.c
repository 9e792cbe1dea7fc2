/* A program that loads another hiredis for everybody to see, and then the library. */
#include <dlfcn.h>
#include <stdio.h>

typedef int (*use_fn)(void);

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  void* other = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
  void* user = other == NULL ? NULL : dlopen(argv[2], RTLD_NOW);
  if (user == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  use_fn use;
  *(void**)&use = dlsym(user, "use_cluster");
  return use();
}
