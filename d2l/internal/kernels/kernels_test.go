package kernels_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/kernels"
)

func TestUse(t *testing.T) {
	started(t)
	for _, kind := range []string{"avx512", "avx2", "neon", "sse2"} {
		if got := kernels.Use(kind); got != slices.Contains(expected(), kind) {
			t.Errorf("use of %s is %v, of a processor of kind %v", kind, got, expected())
		}
	}
}

func TestRewrite(t *testing.T) {
	const program = `module @a {
  func.func @d2l_kernel_dense_forward_12(%arg0: tensor<2xi32>, %x1: tensor<3x4xf32>, %x2: tensor<f32>) -> (tensor<3x5xf32>, tensor<1xf32>) {
    %0 = "stablehlo.iota"() {iota_dimension = 0 : i64} : () -> tensor<3x5xf32>
    %1 = "stablehlo.iota"() {iota_dimension = 0 : i64} : () -> tensor<1xf32>
    "stablehlo.return"(%0, %1) : (tensor<3x5xf32>, tensor<1xf32>) -> ()
  }

  func.func @d2l_kernel_other_forward_3(%x: tensor<1xf32>) -> tensor<1xf32> {
    "stablehlo.return"(%x) : (tensor<1xf32>) -> ()
  }

  func.func @main(%a: tensor<1xf32>) -> tensor<1xf32> {
    %0:2 = "func.call"(%a) {callee = @d2l_kernel_dense_forward_12} : () -> ()
    "stablehlo.return"(%a) : (tensor<1xf32>) -> ()
  }
}`
	const want = `module @a {
  func.func @d2l_kernel_dense_forward_12(%arg0: tensor<2xi32>, %x1: tensor<3x4xf32>, %x2: tensor<f32>) -> (tensor<3x5xf32>, tensor<1xf32>) {
    %r:2 = "stablehlo.custom_call"(%arg0, %x1, %x2) {call_target_name = "d2l_kernel_dense_forward", api_version = 4 : i32, ` +
		`operand_layouts = [dense<[0]> : tensor<1xindex>, dense<[1, 0]> : tensor<2xindex>, dense<> : tensor<0xindex>], ` +
		`result_layouts = [dense<[1, 0]> : tensor<2xindex>, dense<[0]> : tensor<1xindex>]} : ` +
		`(tensor<2xi32>, tensor<3x4xf32>, tensor<f32>) -> (tensor<3x5xf32>, tensor<1xf32>)
    "stablehlo.return"(%r#0, %r#1) : (tensor<3x5xf32>, tensor<1xf32>) -> ()
  }

  func.func @d2l_kernel_other_forward_3(%x: tensor<1xf32>) -> tensor<1xf32> {
    %r:1 = "stablehlo.custom_call"(%x) {call_target_name = "d2l_kernel_other_forward", api_version = 4 : i32, ` +
		`operand_layouts = [dense<[0]> : tensor<1xindex>], result_layouts = [dense<[0]> : tensor<1xindex>]} : ` +
		`(tensor<1xf32>) -> (tensor<1xf32>)
    "stablehlo.return"(%r#0) : (tensor<1xf32>) -> ()
  }

  func.func @main(%a: tensor<1xf32>) -> tensor<1xf32> {
    %0:2 = "func.call"(%a) {callee = @d2l_kernel_dense_forward_12} : () -> ()
    "stablehlo.return"(%a) : (tensor<1xf32>) -> ()
  }
}`
	if got := string(kernels.Rewrite([]byte(program))); got != want {
		t.Errorf("the program is\n%s\nexpected\n%s", got, want)
	}
	// One that is written in another way does not compile.
	other := strings.Replace(program, "-> tensor<1xf32> {\n    \"stablehlo.return\"(%x)", "-> tensor<1xf32>\n  {\n    \"stablehlo.return\"(%x)", 1)
	if got := string(kernels.Rewrite([]byte(other))); strings.Contains(got, "func.func @d2l_kernel") {
		t.Errorf("the program is\n%s", got)
	}
	if other := []byte(strings.ReplaceAll(program, "d2l_kernel", "d2l")); !slices.Equal(kernels.Rewrite(other), other) {
		t.Error("a program without kernels has changed")
	}
}
