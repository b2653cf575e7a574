#ifdef __x86_64__
#define KIND avx512
#define LANES 16
#define TILE_ROWS 2
#define TILE_COLS 2
#define BLOCK 6
#define DBLOCK 4
#define ROWS 8
#define VECS 2
#define TARGET __attribute__((target("avx512f")))
#include "kind.h"
#endif
