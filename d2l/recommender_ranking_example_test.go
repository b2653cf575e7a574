package d2l_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// bprLoss and hingeLoss take the scores of the positive items, in the first column, and of the negative ones. There are
// no labels. bprLoss is -log(sigmoid(difference)): the loss for the label 1, which is finite for every difference.
func bprLoss(scores, _ *graph.Node) *graph.Node {
	logit := difference(scores)
	return d2l.SigmoidBinaryCrossEntropyLoss{}.Forward(logit, graph.OnesLike(logit))
}

func hingeLoss(scores, _ *graph.Node) *graph.Node {
	distance := graph.OneMinus(difference(scores)) // The margin is 1.
	return graph.Where(graph.GreaterThan(distance, graph.ZerosLike(distance)), distance, graph.ZerosLike(distance))
}

func difference(scores *graph.Node) *graph.Node {
	columns := graph.Split(scores, 1, 2)
	return graph.Sub(columns[0], columns[1])
}

// Pairwise scores two items, which are its last two inputs, each (batch): Scorer, which is shared, gets the other inputs
// and one of the items, and returns (batch, 1). The output is (batch, 2).
type Pairwise struct{ Scorer d2l.Layer }

func (Pairwise) Kind() string { return "pairwise" }

func (p Pairwise) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return p.ForwardN(scope, x)[0]
}

func (p Pairwise) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	last := len(inputs) - 1
	scope = scope.In("scorer")
	positive := d2l.ForwardN(p.Scorer, scope, inputs[:last]...)[0]
	negative := d2l.ForwardN(p.Scorer, scope, append(slices.Clone(inputs[:last-1]), inputs[last])...)[0]
	return []*graph.Node{graph.Concatenate([]*graph.Node{positive, negative}, 1)}
}

// NeuMF adds an MLP to matrix factorization.
type NeuMF struct {
	NumFactors int
	NumHiddens []int
}

func (NeuMF) Kind() string { return "neumf" }

func (m NeuMF) Forward(scope *model.Scope, x *graph.Node) *graph.Node { return m.ForwardN(scope, x)[0] }

func (m NeuMF) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	users := func(name string) *graph.Node { return embed(scope, name, numUsers, m.NumFactors, inputs[0]) }
	items := func(name string) *graph.Node { return embed(scope, name, numItems, m.NumFactors, inputs[1]) }
	gmf := graph.Mul(users("P"), items("Q"))
	var mlp d2l.Sequential
	for _, n := range m.NumHiddens {
		mlp = append(mlp, d2l.Dense{Units: n, Activation: d2l.ReLU})
	}
	y := mlp.Forward(scope.In("mlp"), graph.Concatenate([]*graph.Node{users("U"), items("V")}, 1))
	prediction := d2l.Dense{Units: 1, Activation: d2l.Sigmoid, NoBias: true}
	return []*graph.Node{prediction.Forward(scope.In("prediction_layer"), graph.Concatenate([]*graph.Node{gmf, y}, 1))}
}

// interactions returns, for each user, five items in the order in which the user saw them, and a sixth for testing.
func interactions() (seen [][]int32, test []int32) {
	random := rand.New(rand.NewPCG(1, 1))
	for user := range numUsers {
		var items []int32
		for _, i := range random.Perm(numItems / 3)[:6] {
			items = append(items, int32(3*i+user%3))
		}
		seen, test = append(seen, items[:5]), append(test, items[5])
	}
	return seen, test
}

// unseen returns the items that a user has not seen, given those that the user has.
func unseen(seen []int32) (items []int32) {
	for item := range int32(numItems) {
		if !slices.Contains(seen, item) {
			items = append(items, item)
		}
	}
	return items
}

// hitAndAUC returns whether item is among the first k of the ranked ones, and the part of the others that come after it.
func hitAndAUC(ranked []int32, item int32, k int) (hit, auc float64) {
	at := slices.Index(ranked, item)
	if at < k {
		hit = 1
	}
	return hit, 1 - float64(at)/float64(len(ranked)-1)
}

// evaluateRanking returns the means over the users of hits among the first 5, where the book has 50, and of AUC. inputs
// returns the net's inputs before the items.
func evaluateRanking(net *d2l.Net, seen [][]int32, test []int32, inputs func(users []int32) []*d2l.Tensor) (hit, auc float64) {
	for user, item := range test {
		items := unseen(seen[user])
		all := d2l.NewTensor(items)
		X := append(inputs(slices.Repeat([]int32{int32(user)}, len(items))), all, all)
		scores := d2l.Values[float32](d2l.Must(net.Forward(X...)))
		ranked := slices.Clone(items)
		slices.SortFunc(ranked, func(a, b int32) int {
			return cmp.Compare(scores[2*slices.Index(items, b)], scores[2*slices.Index(items, a)])
		})
		h, a := hitAndAUC(ranked, item, 5)
		hit, auc = hit+h/numUsers, auc+a/numUsers
	}
	return hit, auc
}

// trainRanking trains on pairs of an item that a user has seen and another one, which is drawn anew in each epoch. X has
// the users, and what else the net takes before the items; inputs returns the same for evaluation.
func trainRanking(net *d2l.Net, loss d2l.LossFunc, lr float64, numEpochs int, X []*d2l.Tensor, positive []int32,
	inputs func(users []int32) []*d2l.Tensor) {
	seen, test := interactions()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Normal(0.01)))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(lr).WithWeightDecay(1e-5))).WithLoss(loss)
	animator := d2l.NewAnimator(d2l.PlotOptions{
		XLabel: "epoch", XLim: []float64{1, float64(numEpochs)}, YLim: []float64{0, 1}, Legend: []string{"test hit rate", "test AUC"},
	})
	random, timer := rand.New(rand.NewPCG(1, 1)), d2l.NewTimer()
	var hit, auc float64
	for epoch := range numEpochs {
		var negative []int32
		for _, user := range d2l.Values[int32](X[0]) {
			items := unseen(seen[user])
			negative = append(negative, items[random.IntN(len(items))])
		}
		pairs := append(slices.Clone(X), d2l.NewTensor(positive), d2l.NewTensor(negative))
		for range trainer.Steps(d2l.LoadArrays(pairs, d2l.Zeros(len(negative)), 32, true), timer) {
		}
		d2l.Check(trainer.Err())
		hit, auc = evaluateRanking(net, seen, test, inputs)
		d2l.Check(animator.Add(float64(epoch+1), hit, auc))
	}
	fmt.Fprintf(os.Stderr, "test hit rate %.3f, test AUC %.3f, %.3f sec on %v\n", hit, auc, timer.Sum(), net.Device())
	fmt.Println("AUC above 0.8:", auc > 0.8)
}

// The book's sections "Personalized Ranking for Recommender Systems", with both losses, and "Neural Collaborative
// Filtering for Personalized Ranking", on made-up interactions.
func Example_neuMF() {
	for _, loss := range []d2l.LossFunc{bprLoss, hingeLoss} {
		d2l.Seed(1)
		seen, _ := interactions()
		var users, items []int32
		for user, of := range seen {
			users, items = append(users, slices.Repeat([]int32{int32(user)}, len(of))...), append(items, of...)
		}
		net := d2l.NewNet(Pairwise{d2l.Share(NeuMF{NumFactors: 10, NumHiddens: []int{10, 10, 10}})})
		inputs := func(users []int32) []*d2l.Tensor { return []*d2l.Tensor{d2l.NewTensor(users)} }
		trainRanking(net, loss, 0.01, 20, inputs(users), items, inputs)
	}
	// Output:
	// AUC above 0.8: true
	// AUC above 0.8: true
}

// Caser scores an item after the last L items of a user. Their vectors are a picture of (L, NumFactors), to which
// convolutions along both axes are applied.
type Caser struct{ NumFactors, L, D, DPrime int }

func (Caser) Kind() string { return "caser" }

func (c Caser) Forward(scope *model.Scope, x *graph.Node) *graph.Node { return c.ForwardN(scope, x)[0] }

func (c Caser) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	user, seq, item := inputs[0], inputs[1], inputs[2]
	picture := graph.ExpandAxes(embed(scope, "Q", numItems, c.NumFactors, seq), 1)
	convolutions := d2l.Branches{d2l.Sequential{d2l.Conv2D{Channels: c.DPrime, KernelHW: [2]int{c.L, 1}}, d2l.Flatten{}}}
	for h := 1; h <= c.L; h++ {
		convolutions = append(convolutions, d2l.Sequential{
			d2l.Conv2D{Channels: c.D, KernelHW: [2]int{h, c.NumFactors}}, d2l.ReLU,
			d2l.MaxPool2D{PoolHW: [2]int{c.L - h + 1, 1}}, d2l.Flatten{},
		})
	}
	out := d2l.Dropout{Rate: 0.05}.Forward(scope.In("dropout"), convolutions.Forward(scope.In("conv"), picture))
	z := d2l.Dense{Units: c.NumFactors, Activation: d2l.ReLU}.Forward(scope.In("fc"), out)
	x := graph.Concatenate([]*graph.Node{z, embed(scope, "P", numUsers, c.NumFactors, user)}, 1)
	products := graph.Mul(x, embed(scope, "Q_prime", numItems, 2*c.NumFactors, item))
	return []*graph.Node{graph.Add(sumLast(products), embed(scope, "b", numItems, 1, item))}
}

// The book's section "Sequence-Aware Recommender Systems", on the same interactions, with sequences of 2 items; the book
// has 5.
func Example_caser() {
	const L = 2
	d2l.Seed(1)
	seen, _ := interactions()
	var users, sequences, next []int32
	for user, of := range seen {
		for i := L; i < len(of); i++ {
			users, next, sequences = append(users, int32(user)), append(next, of[i]), append(sequences, of[i-L:i]...)
		}
	}
	last := func(users []int32) []*d2l.Tensor {
		var all []int32
		for _, user := range users {
			all = append(all, seen[user][len(seen[user])-L:]...)
		}
		return []*d2l.Tensor{d2l.NewTensor(users), d2l.NewTensor(all, len(users), L)}
	}
	X := []*d2l.Tensor{d2l.NewTensor(users), d2l.NewTensor(sequences, len(users), L)}
	net := d2l.NewNet(Pairwise{d2l.Share(Caser{NumFactors: 10, L: L, D: 16, DPrime: 4})})
	trainRanking(net, bprLoss, 0.04, 20, X, next, last)
	// Output:
	// AUC above 0.8: true
}
