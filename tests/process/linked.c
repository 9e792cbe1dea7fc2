/* A program that is linked with the library and with another hiredis. */
#include "use_cluster.h"

const char* stand_in_hiredis(void);

int main(void) {
  if (stand_in_hiredis() == 0) return 1;
  return use_cluster();
}
