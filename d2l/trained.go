package d2l

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"
)

// A trainingRecord is how far a net has been trained. Files of parameters keep it as JSON.
type trainingRecord struct {
	Epochs   float64  `json:"epochs"`             // By Steps; a fraction where one broke off.
	Steps    int      `json:"steps"`              // Of all Trainers.
	Loss     float64  `json:"loss"`               // Mean over the last epoch, of its steps so far.
	TrainAcc *float64 `json:"trainAcc,omitempty"` // Likewise; nil where the labels are no classes.
	of       time.Time
}

// Trained says how far the net has been trained, in this program and before its
// parameters were loaded, and for loaded ones when their file was written:
//
//	trained for 10 epochs (2350 steps): loss 0.473, train acc 0.822; saved 2026-11-28 07:40
//
// Epochs, with loss and accuracy over the last of them, are those of Trainer.Steps and
// TrainCh5. A file from elsewhere tells only when it was written.
//
// Book: none.
func (n *Net) Trained() string {
	requireMade(n, "Net.Trained", "NewNet")
	t, text := n.trained, "not trained here"
	switch {
	case t.Epochs > 0:
		text = fmt.Sprintf("trained for %.3g %s (%d %s): loss %.3f",
			t.Epochs, plural("epoch", t.Epochs), t.Steps, plural("step", float64(t.Steps)), t.Loss)
		if t.TrainAcc != nil {
			text += fmt.Sprintf(", train acc %.3f", *t.TrainAcc)
		}
	case t.Steps > 0:
		text = fmt.Sprintf("trained for %d %s", t.Steps, plural("step", float64(t.Steps)))
	}
	if !t.of.IsZero() {
		text += "; saved " + t.of.Format("2006-01-02 15:04")
	}
	return text
}

// plural returns a word for so many.
func plural(word string, n float64) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// trainedIn returns what a file says, if it says anything, and when it was written.
func trainedIn(training string, written time.Time) (t trainingRecord) {
	if json.Unmarshal([]byte(training), &t) != nil {
		t = trainingRecord{} // It is a file from elsewhere.
	}
	t.of = written
	return t
}

// stepMade notes that the parameters are no longer those of a file.
func (n *Net) stepMade() {
	n.trained.Steps++
	n.trained.of, n.savedTo = time.Time{}, ""
	clear(n.counted)
}

// An epochMetrics has the sums of the metrics of an epoch's steps so far.
type epochMetrics struct {
	number int     // From 1.
	before float64 // Epochs that the net was trained for before this Trainer.
	sums   StepMetrics
	steps  int
}

// add adds a step of an epoch of so many to what the net is trained for.
func (e *epochMetrics) add(step StepMetrics, batches int, to *trainingRecord) {
	e.steps++
	e.sums.LossSum += step.LossSum
	e.sums.Correct += step.Correct
	e.sums.Examples += step.Examples
	to.Epochs = e.before + float64(e.number-1) + float64(e.steps)/float64(max(batches, e.steps))
	examples := max(e.sums.Examples, 1) // All may be padding.
	to.Loss, to.TrainAcc = e.sums.LossSum/examples, nil
	if accuracy := e.sums.Correct / examples; !math.IsNaN(accuracy) {
		to.TrainAcc = &accuracy
	}
}

// WarnIfGuessing says on standard error if loss, a mean over examples such as that of the
// last epoch, is not below the loss of guessing, which is log n for n classes. A learning
// rate that is too large can lead there without any overflow, and so can units that output
// 0 for every input, or too few epochs. Of a loss of one's own it says nothing: it may have another scale.
//
// Book: none.
func (t *Trainer) WarnIfGuessing(loss float64) {
	requireMade(t, "Trainer.WarnIfGuessing", "NewTrainer")
	switch t.loss.(type) {
	case SoftmaxCrossEntropyLoss, MaskedSoftmaxCELoss:
	default:
		return
	}
	const margin = 0.99
	guess := math.Log(float64(t.classes))
	if t.classes < 2 || loss < margin*guess {
		return
	}
	remedy := "more epochs, another learning rate"
	if loss > guess {
		remedy = "a smaller learning rate"
	}
	if rate, ok := t.rate.value(); ok {
		remedy += fmt.Sprintf(" than %.4g", rate)
	}
	fmt.Fprintf(os.Stderr, "the loss, %.3f, is not below that of guessing among %d classes, %.3f: "+
		"try %s, or another initialization\n", loss, t.classes, guess, remedy)
}
