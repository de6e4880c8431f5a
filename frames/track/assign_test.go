package track

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestAssignAgreesWithTryingEverything(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		rows, columns := 1+random.IntN(5), 1+random.IntN(5)
		cost := make([][]float64, rows)
		for i := range cost {
			cost[i] = make([]float64, columns)
			for j := range cost[i] {
				cost[i][j] = math.Round(random.NormFloat64() * 10)
			}
		}
		got := Assign(cost)
		total, pairs := 0.0, 0
		used := map[int]bool{}
		for i, j := range got {
			if j < 0 {
				continue
			}
			if used[j] {
				t.Fatalf("column %d is given twice: %v", j, got)
			}
			used[j] = true
			total += cost[i][j]
			pairs++
		}
		if pairs != min(rows, columns) {
			t.Fatalf("%d pairs for %dx%d", pairs, rows, columns)
		}
		if want := cheapest(cost, 0, 0, max(0, rows-columns)); total != want {
			t.Fatalf("cost %v, the least is %v: %v", total, want, cost)
		}
	}
}

// cheapest tries every assignment of the rows from row on; skips says how many of them may stay alone.
func cheapest(cost [][]float64, row int, used uint, skips int) float64 {
	if row == len(cost) {
		return 0
	}
	best := math.Inf(1)
	if skips > 0 {
		best = cheapest(cost, row+1, used, skips-1)
	}
	for j, c := range cost[row] {
		if used&(1<<j) == 0 {
			best = min(best, c+cheapest(cost, row+1, used|1<<j, skips))
		}
	}
	return best
}

func TestAssignNothing(t *testing.T) {
	if got := Assign(nil); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if got := Assign([][]float64{{}, {}}); len(got) != 2 || got[0] != -1 || got[1] != -1 {
		t.Errorf("got %v", got)
	}
}
