#include "implementation.h"
#include "handlers.h"
#include <string.h>

const implementation *implemented;

#ifdef __x86_64__
static const implementation *const all[] = {&with_avx512, &with_avx2};
#elif defined __aarch64__
static const implementation *const all[] = {&with_neon};
#else
static const implementation *const all[] = {NULL};
#endif

bool choose_implementation(const char *name) {
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] && !strcmp(name, all[i]->name)) {
			implemented = all[i];
			return true;
		}
	return false;
}
