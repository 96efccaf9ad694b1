package trafficbench

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

func TestMeasure_oneReadOfTheClusterAndFewStatements(t *testing.T) {
	t.Parallel()
	got, err := measure(t.Context(), testdb.New(t).Store(t), 2000, 2)
	if err != nil || got.Calls != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	t.Logf("%d calls, %v to collect, %v to insert: %.3g", got.Calls, got.Collect, got.Insert, got.Collect.Seconds()/got.Insert.Seconds())
}
