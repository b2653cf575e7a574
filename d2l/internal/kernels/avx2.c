#ifdef __x86_64__
#define KIND avx2
#define LANES 8
#define TILE_ROWS 1
#define TILE_COLS 1
#define BLOCK 6
#define DBLOCK 2
#define ROWS 4
#define VECS 2
#define TARGET __attribute__((target("avx2,fma")))
#include "kind.h"
#endif
