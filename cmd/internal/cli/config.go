package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/exit"
)

// configVariable names another configuration file than the usual one; empty, it means none.
const configVariable = "BLENDSCOPE_CONFIG"

// config is what the user's file says: values by the long names of flags, for every command that has such a flag, and
// tables of them that hold for one command.
type config struct {
	name   string
	values map[string]any
}

// readConfig reads the user's file. That there is none is no mistake, unless it was named.
func readConfig(lookup func(string) (string, bool)) (*config, error) {
	name, named := lookup(configVariable)
	if !named {
		name = usualConfig(lookup)
	}
	c := &config{name: name, values: map[string]any{}}
	if name == "" {
		return c, nil
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return c, nil
	}
	if err == nil {
		err = toml.Unmarshal(data, &c.values)
	}
	if err != nil {
		return nil, exit.With(exit.Usage, fmt.Errorf("configuration file %s: %w", name, pathless(err)))
	}
	return c, nil
}

// usualConfig is where configuration files are by the XDG base directory specification; empty when that is unknown.
func usualConfig(lookup func(string) (string, bool)) string {
	folder, _ := lookup("XDG_CONFIG_HOME")
	if home, _ := lookup("HOME"); !filepath.IsAbs(folder) && home != "" {
		folder = filepath.Join(home, ".config")
	}
	if !filepath.IsAbs(folder) {
		return ""
	}
	return filepath.Join(folder, build.Name, "config.toml")
}

// settle sets the flags of a command that the command line leaves open: from the environment, then from the user's file.
func settle(cmd *cobra.Command, lookup func(string) (string, bool)) error {
	if err := fromElsewhere(cmd.Flags(), environment(lookup)); err != nil || cmd.Hidden {
		return err
	}
	c, err := readConfig(lookup)
	if err == nil {
		err = c.check(cmd.Root())
	}
	if err != nil {
		return err
	}
	return fromElsewhere(cmd.Flags(), c.of(cmd))
}

// check finds settings that no command has: a misspelt one must not pass for one that holds.
func (c *config) check(root *cobra.Command) error {
	everywhere := map[string]bool{}
	visit(root, func(cmd *cobra.Command) { cmd.Flags().VisitAll(func(f *pflag.Flag) { everywhere[f.Name] = true }) })
	for key, value := range c.values {
		table, isTable := value.(map[string]any)
		if !isTable {
			if err := c.checkValue(key, value, everywhere[key]); err != nil {
				return err
			}
			continue
		}
		i := slices.IndexFunc(root.Commands(), func(cmd *cobra.Command) bool { return cmd.Name() == key })
		if i < 0 {
			return c.mistake("there is no command %q", key)
		}
		own := map[string]bool{}
		visit(root.Commands()[i], func(cmd *cobra.Command) { cmd.Flags().VisitAll(func(f *pflag.Flag) { own[f.Name] = true }) })
		for name, value := range table {
			if err := c.checkValue(key+"."+name, value, own[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *config) checkValue(key string, value any, known bool) error {
	if !known || key == "help" {
		return c.mistake("there is no setting %q", key)
	}
	if _, err := texts(value); err != nil {
		return c.mistake("%s: %v", key, err)
	}
	return nil
}

func (c *config) mistake(format string, args ...any) error {
	return exit.Usagef("configuration file %s: %s", c.name, fmt.Sprintf(format, args...))
}

// of is the file as a source of settings for a command: its own table goes before what holds for all.
func (c *config) of(cmd *cobra.Command) source {
	top := cmd
	for top.HasParent() && top.Parent().HasParent() {
		top = top.Parent()
	}
	own, _ := c.values[top.Name()].(map[string]any)
	return func(f *pflag.Flag) ([]string, string) {
		value, ok := own[f.Name]
		if !ok && f.Annotations[lineOnly] == nil {
			value, ok = c.values[f.Name]
		}
		if !ok {
			return nil, ""
		}
		values, _ := texts(value) // checked
		return values, fmt.Sprintf("configuration file %s: %s", c.name, f.Name)
	}
}

// texts are a value as it would be written on the command line, several for a list.
func texts(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case bool, int64, float64:
		return []string{fmt.Sprint(v)}, nil
	case []any:
		var all []string
		for _, element := range v {
			one, err := texts(element)
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	}
	return nil, errors.New("want a text, a number, true or false, or a list of them")
}

// visit calls f for a command and all below it.
func visit(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		visit(sub, f)
	}
}

// pathless takes the path off an error of the file system, and the parser's name off one of its own.
func pathless(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return errors.New(strings.TrimPrefix(err.Error(), "toml: "))
}
