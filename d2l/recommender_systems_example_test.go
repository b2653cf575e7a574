package d2l_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Users and items of the made-up ratings of this page; the book has those of MovieLens. A user likes the items whose
// number leaves the same remainder by 3 as the user's.
const numUsers, numItems = 30, 24

// embed looks up vectors of k numbers, of n in all, for x of shape (batch) or (batch, steps).
func embed(scope *model.Scope, name string, n, k int, x *graph.Node) *graph.Node {
	return d2l.Embedding{VocabSize: n, EmbedSize: k}.Forward(scope.In("%s", name), x)
}

// sumLast sums over the last axis, which stays with a size of 1.
func sumLast(x *graph.Node) *graph.Node { return graph.ReduceAndKeep(x, graph.ReduceSum, -1) }

// MF is matrix factorization with biases. Its output for users and items, both (batch), is (batch, 1).
type MF struct{ NumFactors int }

func (MF) Kind() string { return "mf" }

func (m MF) Forward(scope *model.Scope, x *graph.Node) *graph.Node { return m.ForwardN(scope, x)[0] }

func (m MF) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	user, item := inputs[0], inputs[1]
	products := graph.Mul(embed(scope, "P", numUsers, m.NumFactors, user), embed(scope, "Q", numItems, m.NumFactors, item))
	biases := graph.Add(embed(scope, "user_bias", numUsers, 1, user), embed(scope, "item_bias", numItems, 1, item))
	return []*graph.Node{graph.Add(sumLast(products), biases)}
}

// ratings returns users, items and ratings from 2 to 5 of about half of all pairs, of which a tenth are for testing.
func ratings() (train, test [3][]float32) {
	random := rand.New(rand.NewPCG(1, 1))
	for user := range numUsers {
		for item := range numItems {
			rating := 2 + float32(random.IntN(2))
			if user%3 == item%3 {
				rating += 2
			}
			if to := &train; random.IntN(2) == 0 {
				if random.IntN(10) == 0 {
					to = &test
				}
				for i, v := range []float32{float32(user), float32(item), rating} {
					to[i] = append(to[i], v)
				}
			}
		}
	}
	return train, test
}

func ints(values []float32) *d2l.Tensor {
	var all []int32
	for _, v := range values {
		all = append(all, int32(v))
	}
	return d2l.NewTensor(all)
}

// trainRecsysRating trains on the squared error, and plots the root of the mean one in testing, which evaluate returns.
func trainRecsysRating(net *d2l.Net, trainIter d2l.DataIter, lr float64, numEpochs int, evaluate func(*d2l.Trainer) float64) {
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Normal(0.01)))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(lr).WithWeightDecay(1e-5))).WithLoss(d2l.L2Loss{})
	animator := d2l.NewAnimator(d2l.PlotOptions{
		XLabel: "epoch", XLim: []float64{1, float64(numEpochs)}, YLim: []float64{0, 2}, Legend: []string{"train loss", "test RMSE"},
	})
	timer, rmse := d2l.NewTimer(), 0.0
	for epoch := range numEpochs {
		metric := d2l.NewAccumulator(2)
		for _, step := range trainer.Steps(trainIter, timer) {
			metric.Add(step.LossSum, step.Examples)
		}
		d2l.Check(trainer.Err())
		rmse = evaluate(trainer)
		d2l.Check(animator.Add(float64(epoch+1), metric[0]/metric[1], rmse))
	}
	fmt.Fprintf(os.Stderr, "test RMSE %.3f, %.3f sec on %v\n", rmse, timer.Sum(), net.Device())
	fmt.Println("test RMSE below 0.95:", rmse < 0.95)
}

// The book's section "Matrix Factorization", on made-up ratings, with 8 factors in place of 30.
func Example_matrixFactorization() {
	d2l.Seed(1)
	train, test := ratings()
	load := func(data [3][]float32, isTrain bool) d2l.DataIter {
		return d2l.LoadArrays([]*d2l.Tensor{ints(data[0]), ints(data[1])}, d2l.NewTensor(data[2]), 32, isTrain)
	}
	net, testIter := d2l.NewNet(MF{NumFactors: 8}), load(test, false)
	trainRecsysRating(net, load(train, true), 0.02, 30, func(trainer *d2l.Trainer) float64 {
		return math.Sqrt(2 * d2l.Must(trainer.EvaluateLoss(testIter)))
	})
	scores := d2l.Must(net.Forward(d2l.NewTensor([]int32{20, 20}), d2l.NewTensor([]int32{2, 3})))
	values := d2l.Values[float32](scores)
	fmt.Println("user 20 prefers item 2 to item 3:", values[0] > values[1])
	// Output:
	// test RMSE below 0.95: true
	// user 20 prefers item 2 to item 3: true
}

// AutoRec predicts an item's ratings by all users, (batch, users), from those that are known; 0 stands for an unknown one.
type AutoRec struct{ NumHidden int }

func (AutoRec) Kind() string { return "autorec" }

func (a AutoRec) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	hidden := d2l.Dense{Units: a.NumHidden, Activation: d2l.Sigmoid}.Forward(scope.In("encoder"), x)
	hidden = d2l.Dropout{Rate: 0.05}.Forward(scope.In("dropout"), hidden)
	prediction := d2l.Dense{Units: x.Shape().Dim(1)}.Forward(scope.In("decoder"), hidden)
	if scope.IsTraining(x.Graph()) { // Without ratings there are no gradients.
		prediction = graph.Mul(prediction, graph.Sign(x))
	}
	return prediction
}

// The book's section "AutoRec: Rating Prediction with Autoencoders", on made-up ratings, with 50 hidden units in place of
// 500.
func Example_autoRec() {
	d2l.Seed(1)
	matrix := func(data [3][]float32) *d2l.Tensor {
		all := make([]float32, numItems*numUsers)
		for i, rating := range data[2] {
			all[int(data[1][i])*numUsers+int(data[0][i])] = rating
		}
		return d2l.NewTensor(all, numItems, numUsers)
	}
	train, test := ratings()
	X, y := matrix(train), matrix(test)
	rmse := d2l.Compile(func(prediction, y *graph.Node) *graph.Node {
		errors := graph.Square(graph.Sub(y, graph.Mul(graph.Sign(y), prediction)))
		return graph.Sqrt(graph.Div(graph.ReduceAllSum(errors), graph.ReduceAllSum(graph.Sign(y))))
	})
	net := d2l.NewNet(AutoRec{NumHidden: 50})
	trainRecsysRating(net, d2l.LoadArray(X, X, 8, true), 0.01, 80, func(*d2l.Trainer) float64 {
		return float64(d2l.Must(rmse(d2l.Must(net.Forward(X)), y)).Value().(float32))
	})
	// Output: test RMSE below 0.95: true
}
