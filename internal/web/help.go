package web

// Help is the page of links and versions.
type Help struct {
	Site
	Versions []Version
}

// Version is one line of it; the key is one of the catalogue.
type Version struct{ Key, Value string }

// Links are addresses of the project.
func (Help) Links() []Link {
	const home = "https://github.com/kvmbridge/kvmbridge"
	return []Link{
		{"help_docs", home + "#readme"}, {"help_changes", home + "/blob/main/CHANGELOG.md"}, {"help_support", home + "/issues"},
	}
}

// Link is a text of the catalogue and where it leads.
type Link struct{ Key, URL string }

// Help renders the page of links and versions.
func (p *Pages) Help(h Help) (string, error) { return p.render("help.html", h) }
