module mychapter

go 1.26.5
