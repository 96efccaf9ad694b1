package phpconf_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/app/phpconf"
)

func TestParse_readsEveryFormOfPlainString(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ src, want string }{
		"single":             {`'a\'b\\c\n$x'`, `a'b\c\n$x`},
		"double":             {`"a\tb\"\\ \$x $ 5"`, "a\tb\"\\ $x $ 5"},
		"escapes":            {`"\n\r\v\e\f\0\101\x41\X4a\u{e9}\u{1F600}\q\'"`, "\n\r\v\x1b\f\x00AAJé😀\\q\\'"},
		"octal overflow":     {`"\501"`, "A"},
		"lone backslash x":   {`"\xg\u00e9"`, `\xg\u00e9`},
		"joined":             {`'a' . "b"/* c */ .'d' # e`, "abd"},
		"number":             {`3306`, "3306"},
		"number joined":      {`'a' . 3 . 'b'`, "a3b"},
		"true":               {`TRUE`, "1"},
		"null":               {`null`, ""},
		"binary mark":        {`b'x'`, "x"},
		"heredoc":            {"<<<EOT\na \"b\" \\x41\\\"\nEOT", `a "b" A\"`},
		"heredoc quoted":     {"<<<\"EOT\"\r\na\r\nb\r\nEOT", "a\r\nb"},
		"heredoc empty":      {"<<<EOT\nEOT", ""},
		"heredoc indented":   {"<<<EOT\n    a\n      b\n\n    EOT", "a\n  b\n"},
		"heredoc joined":     {"<<<EOT\n  a\n  EOT . 'b'", "ab"},
		"heredoc close word": {"<<<EOT\na EOT\nEOTX\nEOT", "a EOT\nEOTX"},
		"nowdoc":             {"<<<'E'\n$a \\n {$b}\nE", `$a \n {$b}`},
		"comment signs":      {`'/* # // ?>'`, "/* # // ?>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars, err := phpconf.Parse("<?php\n$v = " + c.src + "\n;")
			if err != nil || vars["v"].Err != nil {
				t.Fatalf("Parse(%s) = %v, %v", c.src, vars["v"].Err, err)
			}
			if vars["v"].Text != c.want {
				t.Errorf("Parse(%s) = %q, want %q", c.src, vars["v"].Text, c.want)
			}
		})
	}
}

func TestParse_refusesWhatOnlyRunningCouldAnswer(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`$v = "a$b";`:                       "$b",
		`$v = "a{$b}";`:                     "{$…}",
		`$v = "a${b}";`:                     "${…}",
		"$v = <<<E\n$b\nE;":                 "$b",
		`$v = getenv('X');`:                 "getenv",
		`$v = 'a' . $b;`:                    "$b",
		`$v = array('a');`:                  "array",
		`$v = 'a' + 1;`:                     `"+"`,
		`$v = 0x10;`:                        "0x10",
		`$v = 1.5;`:                         "1.5",
		"$v = `ls`;":                        "shell",
		`if ($a) { $v = 'x'; }`:             "condition",
		`if ($a) $v = 'x';`:                 "condition",
		`if ($a): $v = 'x'; endif;`:         "condition",
		`$v = 'a'; $w = $v = 'x';`:          "middle",
		`$v = $b; $v .= 'x';`:               "$b",
		`$v ??= 'x';`:                       `"??="`,
		`$v = '1'; $v += 1;`:                `"+="`,
		`$v = 'a'; $v[0] = 'b';`:            `"["`,
		`$v = 'a'; f($v .= 'b');`:           "condition",
		`function f() { $v = 'x'; }`:        "function",
		`$v = 'a'; foreach ($a as $b) $v='`: "condition",
	} {
		vars, _ := phpconf.Parse("<?php " + src)
		got, ok := vars["v"]
		if !ok || got.Err == nil || !strings.Contains(got.Err.Error(), want) {
			t.Errorf("Parse(%s): error %v, want one that names %s", src, got.Err, want)
		}
	}
}

func TestParse_takesTheLastCertainAssignment(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`<?php $v = 'a'; $v = 'b';`:                             "b",
		`<?php $v = 'a'; $v .= 'b';`:                            "ab",
		`<?php $v = f(); $v = 'b';`:                             "b",
		`<?php $v = 'a'; return; $v = 'b';`:                     "a",
		`<?php if (!defined('X')) exit; $v = 'b';`:              "b",
		`<?php if (!defined('X')) { die('no'); } $v = 'b';`:     "b",
		`<?php if ($x): f(); else: g(); endif; $v = 'b';`:       "b",
		`<?php $v = 'a' ?> $v = 'html'; <?php $w = 'c';`:        "a",
		"<html><?PHP\n// $v = 'x' ?> <?= 1 ?><?php $v='b';":     "b",
		"<?php /* $v = 'x'; */ $v = 'a'; # $v = 'y';\n//$v='z'": "a",
		`<?php $x = array('v' => '$v = 1;'); $v = 'a';`:         "a",
		`<?php $v == 'b'; $v = 'a'; $v === 'c';`:                "a",
	} {
		vars, err := phpconf.Parse(src)
		if err != nil || vars["v"].Err != nil || vars["v"].Text != want {
			t.Errorf("Parse(%s) = %+v, %v; want %q", src, vars["v"], err, want)
		}
	}
}

func TestParse_saysWhereTextHasNoEnd(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"<?php\n$v = 'a":                 "line 2: a string in single quotes has no end",
		"<?php\n\n$v = \"a":              "line 3: a string in double quotes has no end",
		"<?php /* $v":                    "line 1: a /* comment has no end",
		"<?php $v = <<<E\nx\n":           "<<<E",
		"<?php $v = \"\\u{zz}\";":        "no Unicode character",
		"<?php $v = <<<E\n a\n  E;":      "indented less",
		"<?php $v = <<<E\n \ta\n \tE;":   "spaces and tabs",
		"<?php $v = \"\\u{41\";":         "no closing brace",
		"<?php $v = 'a'; $w = \"\\u{}\"": "no Unicode character",
	} {
		_, err := phpconf.Parse(src)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want %q", src, err, want)
		}
	}
}

func FuzzPHPConf(f *testing.F) {
	for _, seed := range []string{
		"<?php $a = 'b' . \"c\\x41\"; ?> html <?php $d = <<<E\n  x\n  E;", "<?php if (1): $a = 1; endif;",
		"<?php $a = <<<'E'\nE", "<?= $a = \"\\u{110000}\"", "<?php $a='", "<?php #\r$a=1?>", "<?php /**/$a.=`x`;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		vars, _ := phpconf.Parse(src) // must end, and must not panic
		for name, v := range vars {
			if !strings.Contains(src, "$"+name) || v.Line < 1 || v.Line > 1+strings.Count(src, "\n") {
				t.Errorf("Parse(%q): $%s = %+v stands nowhere", src, name, v)
			}
		}
	})
}
