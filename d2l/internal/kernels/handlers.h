#pragma once
#include "ffi.h"
#include <stdbool.h>

// register_handlers registers the functions of this package with a plugin that has been loaded, and reports whether that
// was possible.
bool register_handlers(const char *path);

// choose_implementation chooses the code of a name, for which the processor has to be the right one, and reports whether
// there is any; otherwise what was chosen stays.
bool choose_implementation(const char *name);

// convolution_memory returns the number of floats that a pass needs besides its arguments and results.
int64_t convolution_memory(int pass, const int32_t *settings, const int64_t *x);

// im2col_memory returns that of a convolution as a product, of images x to so many channels.
int64_t im2col_memory(int pass, const int32_t *settings, const int64_t *x, int out);

// batch_norm_memory returns that of a batch normalization of x.
int64_t batch_norm_memory(const int64_t *x);

// Each returns why it could not be computed, or NULL. Of a layer the first arguments are the settings, x and the weights.
const char *batch_norm_forward(const ffi_call *call);   // (settings, x, scale, offset) -> (y, mean, variance, memory)
const char *batch_norm_gradients(const ffi_call *call); // (…, mean, variance, dy) -> (dx, dscale, doffset, memory)
const char *convolution_forward(const ffi_call *call);  // (…, biases) -> (y, values, memory)
const char *convolution_dweights(const ffi_call *call); // (…, values, dy) -> (dweights, dbiases, memory)
const char *convolution_dx(const ffi_call *call);       // (…, values, dy) -> (dx, memory)
const char *dense_forward(const ffi_call *call);        // (…, biases) -> (y)
const char *dense_dweights(const ffi_call *call);       // (…, y, dy) -> (dweights, dbiases, memory for dz)
const char *dense_dx(const ffi_call *call);             // (…, y, dy) -> (dx, memory for dz)
const char *im2col_forward(const ffi_call *call);       // (…, biases) -> (y, memory)
const char *im2col_dweights(const ffi_call *call);      // (settings, x, dz) -> (dweights, dbiases, memory)
const char *im2col_dx(const ffi_call *call);            // (settings, dz, weights, biases) -> (dx, memory)
const char *max_pool_forward(const ffi_call *call);     // (settings, x) -> (y, places)
const char *max_pool_dx(const ffi_call *call);          // (settings, x, places, dy) -> (dx)
const char *recurrent_forward(const ffi_call *call);  // (settings, weights, h, c, x, biases) -> (y, values, memory)
const char *recurrent_backward(const ffi_call *call); // (…, c, y, values, dy) -> (dx, dproducts, dh, dc, memory)
const char *descend(const ffi_call *call);              // (threads, rate, weights…, gradients…) -> (weights…)
const char *guard(const ffi_call *call);
// ((threads, inputs), ok, inputs…, after…, before…) -> (values…, 1 for each of inputs and after that is finite, memory)
