package pages

import "maps"

// Join makes one page of several packages' parts; where two have a part of one name, the later one counts.
func Join(list ...Page) Page {
	all := Page{Show: map[string]Handler{}, Do: map[string]Handler{}}
	for _, p := range list {
		maps.Copy(all.Show, p.Show)
		maps.Copy(all.Do, p.Do)
	}
	return all
}
