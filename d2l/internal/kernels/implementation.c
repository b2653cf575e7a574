#include "implementation.h"
#include "handlers.h"
#include <string.h>

const implementation *implemented;

// What there is for processors of this kind, the best first, and whether this one has what it needs.
#ifdef __x86_64__
static const implementation *const all[] = {&with_avx512, &with_avx2};
static bool suits(const implementation *i) {
	__builtin_cpu_init();
	if (i == &with_avx512) return __builtin_cpu_supports("avx512f");
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#elif defined __aarch64__
static const implementation *const all[] = {&with_neon};
static bool suits(const implementation *i) { return i == &with_neon; }
#else
static const implementation *const all[] = {NULL};
static bool suits(const implementation *i) { return false; }
#endif

bool choose_implementation(const char *name) {
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i] && (!*name || !strcmp(name, all[i]->name)) && suits(all[i])) {
			implemented = all[i];
			return true;
		}
	return false;
}
