package cli

import "testing"

func TestUsualConfig(t *testing.T) {
	tests := []struct {
		xdg, home, want string
	}{
		{"", "/home/ann", "/home/ann/.config/blendscope/config.toml"},
		{"/etc/ann", "/home/ann", "/etc/ann/blendscope/config.toml"},
		{"not/absolute", "/home/ann", "/home/ann/.config/blendscope/config.toml"},
		{"not/absolute", "", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		got := usualConfig(func(name string) (string, bool) {
			value := map[string]string{"XDG_CONFIG_HOME": test.xdg, "HOME": test.home}[name]
			return value, value != ""
		})
		if got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}
