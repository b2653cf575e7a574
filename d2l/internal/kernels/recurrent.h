// Recurrent layers, step by step: the product of the state with its weights, and the cell. Of the input, the product with
// its weights is computed before, for all steps at once.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Gates are one after the other in weights and biases: of GRU reset, update and candidate; of LSTM input, forget, candidate
// and output.
typedef enum { RNN, GRU, LSTM } cell;

enum { MAX_GATES = 4 };

typedef struct {
	cell cell;
	bool relu;    // The activation of RNN, otherwise tanh.
	bool reverse; // From the last step to the first.
	bool keep_values;
	int threads; // At most.
	int batch, steps, hidden;
	int gates;
	int outputs; // Of a unit in each step: h, and c of LSTM.

	const float *x;       // (step, batch, gate, unit): what the input gives, with its biases
	const float *weights; // (unit before, gate, unit)
	const float *biases;  // (gate, unit)
	const float *h, *c;   // (batch, unit): the state at the beginning.
	float *y;             // (step, batch, output, unit)
	float *values;        // (step, batch, KEPT, unit), of the gates; the last of GRU's is the candidate's product with the state

	const float *dy;
	float *dx;
	float *dproducts; // Of GRU, the gradient with respect to the products; of the others that is dx.
	float *dh, *dc;   // (batch, unit): of the state, in the end at the beginning

	float *packed; // The weights in the order in which they are used.
} recurrent;

enum { KEPT = 4 };

// recurrent_memory is the number of floats in packed: as many panels as there have to be, of any width up to the widest.
enum { WIDEST_PANEL = 32 };
static inline int64_t recurrent_memory(int64_t hidden, int64_t gates) {
	return (hidden + WIDEST_PANEL - 1) / WIDEST_PANEL * WIDEST_PANEL * hidden * gates;
}

// The row of x, y and values for an example and a step, counted in the order in which they are computed.
static inline size_t recurrent_row(const recurrent *p, int example, int step) {
	return (size_t)(p->reverse ? p->steps - 1 - step : step) * p->batch + example;
}
