package cli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/cmd/internal/exit"
)

// alternatives annotates flags of which only one can be set: those with a value in common exclude each other.
const alternatives = "blendscope_alternatives"

// lineOnly annotates flags that have no environment variable.
const lineOnly = "blendscope_line_only"

// variable is the environment variable that stands for a flag.
func variable(flag string) string {
	return "BLENDSCOPE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// exclude marks flags as alternatives of each other.
func exclude(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		_ = flags.SetAnnotation(name, alternatives, []string{strings.Join(names, " ")}) // fails for unknown names only
	}
}

// source gives the values that a flag has elsewhere than on the command line, none when it has none there, and says where
// that is.
type source func(f *pflag.Flag) (values []string, where string)

// environment is the environment variables.
func environment(lookup func(string) (string, bool)) source {
	return func(f *pflag.Flag) ([]string, string) {
		text, ok := lookup(variable(f.Name))
		if !ok || f.Annotations[lineOnly] != nil {
			return nil, ""
		}
		return []string{text}, "environment variable " + variable(f.Name)
	}
}

// fromElsewhere sets the flags that are not set yet, and that no alternative that is set overrules, from a source.
func fromElsewhere(flags *pflag.FlagSet, from source) error {
	if err := checkAlternatives(flags); err != nil {
		return err
	}
	var given []string
	flags.Visit(func(f *pflag.Flag) { given = append(given, f.Annotations[alternatives]...) })
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		if err != nil || f.Changed || f.Name == "help" || overlap(given, f.Annotations[alternatives]) {
			return
		}
		values, where := from(f)
		for _, text := range values {
			if setErr := flags.Set(f.Name, text); setErr != nil {
				err = exit.Usagef("%s: invalid value %q", where, text)
			}
		}
	})
	if err != nil {
		return err
	}
	return checkAlternatives(flags)
}

// checkAlternatives finds two flags that are set and exclude each other.
func checkAlternatives(flags *pflag.FlagSet) error {
	var err error
	seen := map[string]string{}
	flags.Visit(func(f *pflag.Flag) {
		for _, group := range f.Annotations[alternatives] {
			if other, taken := seen[group]; taken && err == nil {
				err = exit.Usagef("--%s and --%s exclude each other", other, f.Name)
			}
			seen[group] = f.Name
		}
	})
	return err
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
