#include "dense.h"
#include "handlers.h"
#include "implementation.h"
#include "parallel.h"

static void product_part(void *q, int part, int thread) { (void)thread, implemented->product_part(q, part); }
static void derivative_part(void *d, int part, int thread) { (void)thread, implemented->derivative_part(d, part); }

static const char *multiply(const ffi_call *call, product q, int threads) {
	parallel(call, implemented->product_parts(&q), threads, product_part, &q);
	return NULL;
}

// derive computes dz in the memory of a call, unless it is dy.
static derivative derive(const ffi_call *call, const int32_t *settings, float *memory) {
	ffi_buffer *y = call->args.buffers[3], *dy = call->args.buffers[4];
	derivative d = {.rows = dy->dims[0], .cols = dy->dims[1], .activation = settings[0], .y = y->data, .dy = dy->data};
	d.dz = d.activation == NO_ACTIVATION ? dy->data : memory;
	if (d.dz == memory) parallel(call, (d.rows + PART_ROWS - 1) / PART_ROWS, settings[1], derivative_part, &d);
	return d;
}

const char *dense_forward(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 4 || call->results.count != 1) return "d2l: a dense layer has other arguments";
	const int32_t *settings = a[0]->data;
	product q = {.rows = a[1]->dims[0], .depth = a[1]->dims[1], .cols = a[2]->dims[1],
		.a = a[1]->data, .a_row = a[1]->dims[1], .a_col = 1, .b = a[2]->data, .biases = a[3]->data,
		.activation = settings[0], .to = r[0]->data};
	return multiply(call, q, settings[1]);
}

const char *dense_dweights(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 5 || call->results.count != 3) return "d2l: a dense layer's gradient has other arguments";
	const int32_t *settings = a[0]->data;
	derivative d = derive(call, settings, r[2]->data);
	product q = {.rows = a[1]->dims[1], .depth = d.rows, .cols = d.cols,
		.a = a[1]->data, .a_row = 1, .a_col = a[1]->dims[1], .b = d.dz, .to = r[0]->data, .sums = r[1]->data};
	return multiply(call, q, settings[1]);
}

const char *dense_dx(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 5 || call->results.count != 2) return "d2l: a dense layer's gradient has other arguments";
	const int32_t *settings = a[0]->data;
	derivative d = derive(call, settings, r[1]->data);
	product q = {.rows = d.rows, .depth = d.cols, .cols = a[1]->dims[1],
		.a = d.dz, .a_row = d.cols, .a_col = 1, .b = a[2]->data, .b_turned = true, .to = r[0]->data};
	return multiply(call, q, settings[1]);
}
