package hypervisor

import "testing"

func TestHolds_wantsEveryStorageActiveForImages(t *testing.T) {
	t.Parallel()
	images := []string{"images"}
	r := Resources{Storages: []Storage{
		{ID: "lvm", Node: "a", Active: true, Content: images},
		{ID: "nfs", Node: "a", Active: false, Content: images},
		{ID: "iso", Node: "a", Active: true, Content: []string{"iso"}},
		{ID: "lvm", Node: "b", Active: true, Content: images},
		{ID: "nfs", Node: "b", Active: true, Content: images},
	}}
	for _, tc := range []struct {
		node string
		ids  []string
		want bool
	}{{"a", []string{"lvm"}, true}, {"a", []string{"lvm", "nfs"}, false}, {"a", []string{"iso"}, false}, {"b", []string{"lvm", "nfs"}, true}, {"c", []string{"lvm"}, false}} {
		if got := r.Holds(tc.node, tc.ids); got != tc.want {
			t.Errorf("%s holds %v: %t, want %t", tc.node, tc.ids, got, tc.want)
		}
	}
}
