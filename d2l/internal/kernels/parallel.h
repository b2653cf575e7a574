#pragma once
#include "ffi.h"

// Calls task with work and each index below count, on the thread that calls and on up to slots − 1 of XLA's. No two calls
// at the same time get the same slot.
void parallel(const ffi_call *call, int count, int slots, void (*task)(void *work, int index, int slot), void *work);
