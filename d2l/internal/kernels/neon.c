#ifdef __aarch64__
#define KIND neon
#define LANES 4
#define TILE_ROWS 1
#define TILE_COLS 1
#define BLOCK 6
#define DBLOCK 4
#define ROWS 8
#define VECS 2
#define TARGET
#include "kind.h"
#endif
