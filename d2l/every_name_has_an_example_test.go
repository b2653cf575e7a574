package d2l_test

import (
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestEveryNameHasAnExample(t *testing.T) {
	without := map[string]string{
		"Rate":                  "a constraint, met in ExampleTrainCh5 and ExampleOptimizerOf",
		"Labels":                "a constraint, met in ExampleLossFuncN and ExampleLoadArrays",
		"BERTLoss.ForwardN":     "the Trainer calls it",
		"EncoderDecoder":        "the net of ExampleTrainSeq2Seq",
		"LossFuncN.ForwardN":    "the Trainer calls it",
		"StepMetrics":           "yielded in ExampleTrainer_Steps",
		"LabeledOutput":         "yielded in ExampleNet_ForwardEach",
		"Optimizer.UpdateGraph": "the Trainer calls it",
		"TokenFreq":             "printed in ExampleCountCorpus",
		"TokenizeNMT":           "called in ExamplePreprocessNMT",
		"ReadIMDB":              "called in ExampleLoadDataIMDB",
		"ReadPTB":               "called in ExampleLoadDataPTB",
		"GetCentersAndContexts": "called in ExampleBatchify",
		"Subsample":             "called for ExampleBatchify",
		"GetNegatives":          "called for ExampleBatchify",
		"ReadVOCImages":         "called in ExampleLoadDataVOC",
		"VOCLabelIndices":       "called in ExampleLoadDataVOC",
		"VOCRandCrop":           "called in ExampleLoadDataVOC",
	}
	for _, layer := range []string{
		"Activation", "AddNorm", "AdditiveAttention", "AvgPool2D", "BatchNorm", "BERTEncoder", "BERTModel", "Branches", "Conv2D", "Conv2DTranspose", "DecoderBlock", "Dense",
		"DotProductAttention", "Dropout", "Embedding", "EncoderBlock", "EncoderDecoder", "Flatten", "GlobalAvgPool2D", "GlobalMaxPool2D", "GRU", "LayerNorm", "LeakyReLU", "LSTM", "MaskLM",
		"MaxPool2D", "MultiHeadAttention", "NextSentencePred", "Normalize", "OneHot", "PositionWiseFFN", "PositionalEncoding", "Residual", "RNN",
		"Seq2SeqEncoder", "Sequential",
		"TransformerDecoder", "TransformerEncoder",
	} {
		without[layer+".Kind"] = "a layer's kind is seen in the names of Sequential's layers"
		without[layer+".Forward"] = "a layer is called by the net; ExampleLayer shows how to write one"
	}
	for _, optional := range []string{
		"BatchNorm.ForwardWith", "Conv2D.ForwardWith",
		"Activation.Settings", "AdditiveAttention.Settings", "AvgPool2D.Settings", "Conv2D.Settings", "Conv2DTranspose.Settings", "Dense.Settings",
		"MaxPool2D.Settings", "MultiHeadAttention.Settings", "EncoderBlock.Settings", "DecoderBlock.Settings",
		"BERTEncoder.Settings", "BERTModel.Settings", "MaskLM.Settings", "PositionWiseFFN.Settings", "TransformerDecoder.Settings", "TransformerEncoder.Settings",
		"Embedding.Settings", "GRU.Settings", "LeakyReLU.Settings", "LSTM.Settings", "Normalize.Settings", "OneHot.Settings",
		"RNN.Settings", "Seq2SeqEncoder.Settings",
	} {
		without[optional] = "d2l calls it; Layer describes it"
	}
	for _, layer := range []string{
		"AvgPool2D", "BatchNorm", "Conv2D", "Conv2DTranspose", "Dense", "Dropout", "Embedding", "Flatten", "GlobalAvgPool2D",
		"GlobalMaxPool2D", "GRU", "LayerNorm", "LSTM", "MaxPool2D", "Normalize", "OneHot", "RNN",
	} {
		without[layer+".Notation"] = "written in the picture of ExampleDrawVertical"
	}
	for _, layer := range []string{
		"AddNorm", "AdditiveAttention", "BERTEncoder", "BERTModel", "DecoderBlock", "DotProductAttention", "EncoderBlock", "EncoderDecoder", "GRU", "LSTM",
		"MaskLM", "MultiHeadAttention", "RNN", "Seq2SeqEncoder", "Sequential", "TransformerDecoder", "TransformerEncoder",
	} {
		without[layer+".ForwardN"] = "called for several inputs and outputs; ExampleLayer_severalInputs shows how to write one"
	}
	for _, layer := range []string{"RNN", "LSTM"} {
		without[layer+".ForwardFrom"] = "as ExampleGRU_ForwardFrom"
	}
	for _, loss := range []string{
		"BERTLoss", "HuberLoss", "L1Loss", "L2Loss", "LossFunc", "LossFuncN", "MaskedSoftmaxCELoss", "MSELoss", "SigmoidBinaryCrossEntropyLoss",
		"SoftmaxCrossEntropyLoss",
	} {
		without[loss+".Forward"] = "a loss is called by the Trainer; ExampleLoss shows how to write one"
	}
	for _, method := range []string{"Index", "Indices", "Len", "Tokens", "ToTokens", "TokenFreqs"} {
		without["Vocab."+method] = "called in ExampleVocab"
	}
	for _, method := range []string{"IdxToVec", "Index", "Len", "Tokens", "Vectors"} {
		without["TokenEmbedding."+method] = "called in ExampleTokenEmbedding"
	}
	for _, typ := range []string{"Activation", "Device", "Devices", "LayerShape", "LoadReport", "Result", "Shape"} {
		without[typ+".String"] = "printed in the Examples of its type"
	}
	d2ltest.EveryNameHasAnExample(t, "github.com/d2l-go/book/d2l", without)
}
