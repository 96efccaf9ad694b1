package ippool_test

import (
	"math/big"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func TestUsage_isWrittenAsThePercentOfTheRange(t *testing.T) {
	t.Parallel()
	huge, _ := new(big.Int).SetString("18446744073709551616", 10)
	for _, c := range []struct {
		used  int
		total *big.Int
		want  string
	}{
		{2, big.NewInt(29), "6.9% (2/29)"}, // the image of product-spec §9.2
		{0, big.NewInt(29), "0% (0/29)"},
		{1, big.NewInt(8), "12.5% (1/8)"},
		{1, big.NewInt(3), "33.33% (1/3)"},
		{2, big.NewInt(3), "66.67% (2/3)"},
		{10, big.NewInt(100), "10% (10/100)"},
		{29, big.NewInt(29), "100% (29/29)"},
		{99999, big.NewInt(100000), "99.99% (99999/100000)"}, // one is left
		{3, huge, "0% (3/18446744073709551616)"},
		{0, big.NewInt(0), "0% (0/0)"},
		{0, nil, "0% (0/0)"},
	} {
		if got := (ippool.Usage{Used: c.used, Total: c.total}).String(); got != c.want {
			t.Errorf("%d of %v = %q, want %q", c.used, c.total, got, c.want)
		}
	}
}
