#if defined __aarch64__ && !defined __clang__
#pragma GCC target("no-outline-atomics") // Otherwise they are functions of gcc's library: see processors in kernels.go.
#endif
#include "parallel.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

// A loop is freed by the last of its threads: one of XLA's may come when all is done.
typedef struct {
	void (*task)(void *work, int index, int slot);
	void *work; // Gone when all is done.
	int count;
	atomic_int next, done, slots, users;
} loop;

static void leave(loop *l) {
	if (atomic_fetch_sub(&l->users, 1) == 1) free(l);
}

static void take_part(loop *l) {
	int slot = -1, index;
	while ((index = atomic_fetch_add(&l->next, 1)) < l->count) {
		if (slot < 0) slot = atomic_fetch_add(&l->slots, 1);
		l->task(l->work, index, slot);
		atomic_fetch_add(&l->done, 1);
	}
}

static void help(void *l) {
	take_part(l);
	leave(l);
}

void parallel(const ffi_call *call, int count, int slots, void (*task)(void *work, int index, int slot), void *work) {
	int helpers = (slots < count ? slots : count) - 1;
	loop *l = helpers > 0 ? malloc(sizeof *l) : NULL;
	if (!l) {
		for (int i = 0; i < count; i++) task(work, i, 0);
		return;
	}
	l->task = task, l->work = work, l->count = count;
	atomic_init(&l->next, 0);
	atomic_init(&l->done, 0);
	atomic_init(&l->slots, 0);
	atomic_init(&l->users, 1 + helpers);
	for (int i = 0; i < helpers; i++) {
		ffi_schedule schedule = {sizeof schedule, NULL, call->context, help, l};
		void *error = ((void *(*)(ffi_schedule *))call->api->functions[FFI_THREAD_POOL_SCHEDULE])(&schedule);
		if (error) { // No such thread: this one does it all.
			ffi_error_destroy destroy = {sizeof destroy, NULL, error};
			((void (*)(ffi_error_destroy *))call->api->functions[FFI_ERROR_DESTROY])(&destroy);
			leave(l);
		}
	}
	take_part(l);
	for (int spins = 0; atomic_load(&l->done) < count; spins++)
		if (spins > 1000) sched_yield();
	leave(l);
}
