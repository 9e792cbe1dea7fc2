/* A program with the library only: the other hiredis comes by LD_PRELOAD. */
#include "use_cluster.h"

int main(void) { return use_cluster(); }
