package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

func sample(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := config.Sample(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSample_changesNothing(t *testing.T) {
	t.Parallel()
	bare := mustLoad(t, map[string]string{"configuration.php": configurationPHP})
	active := regexp.MustCompile(`(?m)^#([a-z_]+ = (?:[^"\n]|"[^"\n]).*)$`) // every option that has a default
	for name, text := range map[string]string{"as printed": sample(t), "defaults made active": active.ReplaceAllString(sample(t), "$1")} {
		c := mustLoad(t, map[string]string{"configuration.php": strings.ReplaceAll(configurationPHP, "db.example.com", "127.0.0.1"), "kvmbridge.toml": text})
		c.WHMCS.Dir, c.DB.Host, c.DB.Port, c.Servers = bare.WHMCS.Dir, bare.DB.Host, bare.DB.Port, nil
		if d := cmp.Diff(bare, c); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestSample_holdsEveryOption(t *testing.T) {
	t.Parallel()
	text := sample(t)
	for _, o := range config.Options() {
		if !strings.Contains(text, "# Variable: "+o.Env()+"\n#") || !strings.Contains(text, o.Help) || !strings.HasSuffix(o.Help, ".") {
			t.Errorf("%s is not in the sample, or its help is no sentence", o.Key)
		}
	}
	if n := strings.Count(text, "# Variable: "); n != len(config.Options())+3 {
		t.Errorf("sample has %d options, want the table and the three of a server", n)
	}
}

func TestOptions_areDistinct(t *testing.T) {
	t.Parallel()
	keys, fields := map[string]bool{}, map[any]string{}
	c := new(config.Config)
	for _, o := range config.Options() {
		if keys[o.Key] || fields[o.Field(c)] != "" {
			t.Errorf("%s stands twice, or shares its field with %q", o.Key, fields[o.Field(c)])
		}
		keys[o.Key], fields[o.Field(c)] = true, o.Key
		if o.Secret() && o.Default != "" {
			t.Errorf("%s is a secret with a default", o.Key)
		}
	}
}

func TestSecret_neverPrints(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"configuration.php": strings.ReplaceAll(configurationPHP, `p\'w$`, "hunter2")}, "KVMBRIDGE_BRIDGE_SECRET=hunter2hunter2hunter2")
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "secret", c.Bridge.Secret, "db", c.DB)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "secret", c.Bridge.Secret)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q\n%s\n%s\n%s", c, c.DB, c, c.DB.Password, c.DB.Password, c, asJSON, log.String())
	if strings.Contains(all, "hunter2") || !strings.Contains(all, "db.password = [redacted]") {
		t.Errorf("a secret shows, or is not marked:\n%s", all)
	}
}
