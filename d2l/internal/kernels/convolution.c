#include "convolution.h"
#include "handlers.h"
#include "implementation.h"
#include "parallel.h"

// Places of the settings in the first argument. Those of two numbers are of height and width.
enum {
	OUT, WINDOW, STRIDES = WINDOW + 2, PADDING = STRIDES + 2, ACTIVATION = PADDING + 2, POOLING, KEEP_VALUES, THREADS
};

static convolution new_convolution(pass pass, const int32_t *settings, const int64_t x[4]) {
	convolution p = {.batch = x[0], .in = x[1], .image = {x[2], x[3]}, .out = settings[OUT],
		.activation = settings[ACTIVATION], .pooling = settings[POOLING], .keep_values = settings[KEEP_VALUES],
		.pass = pass, .threads = settings[THREADS]};
	for (int axis = 0; axis < 2; axis++) {
		p.window[axis] = settings[WINDOW + axis], p.strides[axis] = settings[STRIDES + axis];
		p.padding[axis] = settings[PADDING + axis];
		int size = (p.image[axis] + 2 * p.padding[axis] - p.window[axis]) / p.strides[axis] + 1;
		p.blocks[axis] = p.pooling ? size / 2 : (size + 1) / 2;
		p.convolved[axis] = p.pooling ? 2 * p.blocks[axis] : size;
		p.result[axis] = p.pooling ? p.blocks[axis] : size;
	}
	return p;
}

static int num_groups(const convolution *p) { return num_parts(p->batch, EXAMPLES); }

static size_t num_weights(const convolution *p) { return (size_t)p->window[0] * p->window[1] * p->in * p->out; }

// divide divides memory among packed, partial and scratch, and returns its size, all in floats.
static size_t divide(convolution *p, float *memory) {
	size_t packed = p->pass == DWEIGHTS ? 0 : num_weights(p);
	size_t partial = p->pass == DWEIGHTS ? num_groups(p) * (num_weights(p) + p->out) : 0;
	size_t image = (size_t)p->image[0] * p->image[1], result = (size_t)p->result[0] * p->result[1];
	size_t x = (size_t)p->in * padded_size(p, 0) * padded_size(p, 1), dz = (size_t)p->out * dz_size(p, 0) * dz_size(p, 1);
	size_t dy = p->pooling ? p->out * result : 0, sums = (size_t)MAX_DBLOCK * p->in * p->window[0] * p->window[1];
	switch (p->pass) {
	case FORWARD: p->scratch_size = x + MAX_BLOCK * result; break;
	case DWEIGHTS: p->scratch_size = x + dz + dy + sums; break;
	case DX: p->scratch_size = dz + dy + MAX_BLOCK * image; break;
	}
	p->scratch_size *= EXAMPLES;
	// What is read by whole registers begins with a line of the cache, as memory does.
	size_t start = (packed + partial + EXAMPLES - 1) / EXAMPLES * EXAMPLES;
	p->packed = memory, p->partial = memory + packed, p->scratch = memory + start;
	return start + p->threads * p->scratch_size;
}

int64_t convolution_memory(int pass, const int32_t *settings, const int64_t *x) {
	convolution p = new_convolution(pass, settings, x);
	return divide(&p, NULL);
}

// pack puts the weights into the order in which the forward pass uses them: for each block of channels and each place of
// the window, those of the block.
static void pack(const convolution *p) {
	float *packed = p->packed;
	int area = p->window[0] * p->window[1];
	for (int b = 0, n = num_parts(p->out, implemented->block); b < n; b++)
		for (int c = 0; c < p->in; c++)
			for (int tap = 0; tap < area; tap++)
				for (int o = part_start(p->out, n, b); o < part_start(p->out, n, b + 1); o++)
					*packed++ = p->weights[((size_t)tap * p->in + c) * p->out + o];
}

// pack_turned does so for dx: input and output change places, the window is turned round, and there is one for each rest.
static void pack_turned(const convolution *p) {
	float *packed = p->packed;
	for (int b = 0, n = num_parts(p->in, implemented->block); b < n; b++)
		for (int rest = 0; rest < p->strides[0] * p->strides[1]; rest++) {
			int rest0 = rest / p->strides[1], rest1 = rest % p->strides[1];
			for (int o = 0; o < p->out; o++)
				for (int down = class_of(p, 0, rest0).window - 1; down >= 0; down--)
					for (int right = class_of(p, 1, rest1).window - 1; right >= 0; right--) {
						size_t tap = (size_t)(rest0 + down * p->strides[0]) * p->window[1] + rest1 + right * p->strides[1];
						for (int c = part_start(p->in, n, b); c < part_start(p->in, n, b + 1); c++)
							*packed++ = p->weights[(tap * p->in + c) * p->out + o];
					}
		}
}

static void compute_group(void *work, int group, int thread) {
	const convolution *p = work;
	implemented->convolution[p->pass](p, group, p->scratch + thread * p->scratch_size);
}

static const char *compute(const ffi_call *call, pass pass, int args, int results) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != args || call->results.count != results) return "d2l: a convolution has other arguments";
	convolution p = new_convolution(pass, a[0]->data, a[1]->dims);
	ffi_buffer *memory = r[results - 1];
	if ((size_t)memory->dims[0] < divide(&p, memory->data)) return "d2l: too little memory for a convolution";
	p.x = a[1]->data, p.weights = a[2]->data;
	if (pass != FORWARD && (p.activation != NO_ACTIVATION || p.pooling == MAXIMUM) && a[3]->rank == 1)
		return "d2l: the gradient of a convolution needs its values";
	switch (pass) {
	case FORWARD:
		p.biases = a[3]->data, p.y = r[0]->data, p.values = r[1]->data;
		pack(&p);
		break;
	case DWEIGHTS:
		p.values = a[3]->data, p.dy = a[4]->data, p.dweights = r[0]->data, p.dbiases = r[1]->data;
		break;
	case DX:
		p.values = a[3]->data, p.dy = a[4]->data, p.dx = r[0]->data;
		pack_turned(&p);
	}
	parallel(call, num_groups(&p), p.threads, compute_group, &p);
	if (pass == DWEIGHTS) { // Group by group, so that a sum does not depend on the number of threads.
		size_t weights = num_weights(&p), size = weights + p.out;
		for (size_t i = 0; i < size; i++) {
			float sum = 0;
			for (int group = 0; group < num_groups(&p); group++) sum += p.partial[group * size + i];
			*(i < weights ? p.dweights + i : p.dbiases + (i - weights)) = sum;
		}
	}
	return NULL;
}

const char *convolution_forward(const ffi_call *call) { return compute(call, FORWARD, 4, 3); }
const char *convolution_dweights(const ffi_call *call) { return compute(call, DWEIGHTS, 5, 3); }
const char *convolution_dx(const ffi_call *call) { return compute(call, DX, 5, 2); }
