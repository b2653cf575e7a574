#include "recurrent.h"
#include "handlers.h"
#include "implementation.h"
#include "parallel.h"

// Places of the settings in the first argument.
enum { CELL, OF_RELU, REVERSE, KEEP_VALUES, THREADS };

// start reads the arguments that both functions have: the settings, the weights and the state; y has the steps.
static recurrent start(const ffi_call *call, const ffi_buffer *y, ffi_buffer *memory) {
	ffi_buffer **a = call->args.buffers;
	const int32_t *settings = a[0]->data;
	recurrent p = {.cell = settings[CELL], .relu = settings[OF_RELU], .reverse = settings[REVERSE],
		.keep_values = settings[KEEP_VALUES], .threads = settings[THREADS], .steps = y->dims[0], .batch = y->dims[1],
		.hidden = a[1]->dims[0], .gates = a[1]->dims[1] / a[1]->dims[0], .outputs = settings[CELL] == LSTM ? 2 : 1,
		.weights = a[1]->data, .h = a[2]->data, .c = a[3]->data, .packed = memory->data};
	return p;
}

typedef struct {
	const recurrent *p;
	int step;
	void (*compute)(const recurrent *p, int step, int part);
} work;

static void compute_part(void *data, int part, int thread) {
	(void)thread;
	const work *w = data;
	w->compute(w->p, w->step, part);
}

static void compute(const ffi_call *call, work w) {
	parallel(call, implemented->recurrent_parts(w.p), w.p->threads, compute_part, &w);
}

static void pack_part(void *p, int part, int thread) { (void)thread, implemented->recurrent_pack(p, part); }

static void pack(const ffi_call *call, recurrent *p) {
	parallel(call, implemented->recurrent_pack_parts(p), p->threads, pack_part, p);
}

const char *recurrent_forward(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 6 || call->results.count != 3) return "d2l: a recurrent layer has other arguments";
	recurrent p = start(call, r[0], r[2]);
	if (r[2]->dims[0] < recurrent_memory(p.hidden, p.gates)) return "d2l: a recurrent layer has too little memory";
	p.x = a[4]->data, p.biases = a[5]->data, p.y = r[0]->data, p.values = r[1]->data;
	pack(call, &p);
	for (int step = 0; step < p.steps; step++) compute(call, (work){&p, step, implemented->recurrent_forward});
	return NULL;
}

const char *recurrent_backward(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 7 || call->results.count != 5) return "d2l: a recurrent layer's gradient has other arguments";
	recurrent p = start(call, a[4], r[4]);
	if (r[4]->dims[0] < recurrent_memory(p.hidden, p.gates)) return "d2l: a recurrent layer's gradient has too little memory";
	if (p.cell != RNN && a[5]->rank == 1) return "d2l: the gradient of a recurrent layer needs its values";
	p.y = a[4]->data, p.values = a[5]->data, p.dy = a[6]->data;
	p.dx = r[0]->data, p.dproducts = r[1]->data, p.dh = r[2]->data, p.dc = r[3]->data;
	pack(call, &p);
	for (int step = p.steps - 1; step >= -1; step--) compute(call, (work){&p, step, implemented->recurrent_backward});
	return NULL;
}
