// The implementation for the kind of processor that KIND names, from the widths that are defined before.
#include "implementation.h"
#include "arrays_impl.h"
#include "batch_norm_impl.h"
#include "convolution_impl.h"
#include "dense_impl.h"
#include "im2col_impl.h"
#include "max_pool_impl.h"
#include "recurrent_impl.h"
#include "winograd_impl.h"

#define IMPLEMENTATION_OF(NAME) with_##NAME
#define NAME_OF(NAME) #NAME
#define EXPANDED(F, NAME) F(NAME)

const implementation EXPANDED(IMPLEMENTATION_OF, KIND) = {
	EXPANDED(NAME_OF, KIND), BLOCK, {forward, dweights, dx}, product_parts, product_part, derivative_part,
	ROWS, {seen_product_parts, winograd_parts}, {seen_product_part, winograd_part}, winograd_pack,
	seen_pack_parts, seen_pack_part, seen_gradient_parts, seen_gradient_part,
	are_finite, descend, {statistics, normalize, gradient_sums, input_gradient},
	pool_plane, recurrent_parts, recurrent_pack_parts, recurrent_pack, recurrent_forward_part, recurrent_backward_part,
};
