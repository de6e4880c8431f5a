package track

import "math"

// Assign pairs rows with columns at the least total cost (the Hungarian method with potentials, as Jonker and Volgenant
// arrange it: O(rows^2 * columns)). The answer has one entry per row: its column, or -1 when there are more rows than
// columns. Costs must be finite. Ties fall to the lower column, so the answer is the same on every run.
func Assign(cost [][]float64) []int {
	rows := len(cost)
	if rows == 0 || len(cost[0]) == 0 {
		return unassigned(rows)
	}
	if rows <= len(cost[0]) {
		return assignWide(cost)
	}
	answer := unassigned(rows)
	for column, row := range assignWide(transposed(cost)) {
		answer[row] = column
	}
	return answer
}

func unassigned(n int) []int {
	answer := make([]int, n)
	for i := range answer {
		answer[i] = -1
	}
	return answer
}

func transposed(m [][]float64) [][]float64 {
	t := make([][]float64, len(m[0]))
	for j := range t {
		t[j] = make([]float64, len(m))
		for i := range m {
			t[j][i] = m[i][j]
		}
	}
	return t
}

// assignWide solves the case of no more rows than columns. Rows enter one by one; each is joined by a shortest
// augmenting path. Index 0 of the helper slices is a virtual row or column, so real ones are counted from 1.
func assignWide(cost [][]float64) []int {
	rows, columns := len(cost), len(cost[0])
	rowPotential := make([]float64, rows+1)
	columnPotential := make([]float64, columns+1)
	rowOf := make([]int, columns+1) // the row assigned to a column, 0 for none
	from := make([]int, columns+1)  // the column before this one on the shortest path

	for row := 1; row <= rows; row++ {
		rowOf[0] = row
		at := 0
		slack := make([]float64, columns+1)
		done := make([]bool, columns+1)
		for j := range slack {
			slack[j] = math.Inf(1)
		}
		for rowOf[at] != 0 {
			done[at] = true
			current, delta, next := rowOf[at], math.Inf(1), 0
			for j := 1; j <= columns; j++ {
				if done[j] {
					continue
				}
				if reduced := cost[current-1][j-1] - rowPotential[current] - columnPotential[j]; reduced < slack[j] {
					slack[j], from[j] = reduced, at
				}
				if slack[j] < delta {
					delta, next = slack[j], j
				}
			}
			for j := range slack {
				if done[j] {
					rowPotential[rowOf[j]] += delta
					columnPotential[j] -= delta
				} else {
					slack[j] -= delta
				}
			}
			at = next
		}
		for at != 0 {
			rowOf[at] = rowOf[from[at]]
			at = from[at]
		}
	}
	answer := unassigned(rows)
	for j := 1; j <= columns; j++ {
		if rowOf[j] != 0 {
			answer[rowOf[j]-1] = j - 1
		}
	}
	return answer
}
