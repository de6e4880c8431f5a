package score

// judge words the verdict from the tracks that count.
func judge(r *record, tracks []*series, readings []reading, q Quality, c calibration) Outcome {
	out := Outcome{Status: Scored, Reasons: []Reason{}}
	if len(tracks) > 0 {
		clip := lead(tracks, readings, c.neutral())
		score, logit := c.score(clip.logit), round(clip.logit, 4)
		interval := c.interval(clip.interval())
		out.Score, out.Logit, out.Interval = &score, &logit, &interval
		out.Band = DefaultThresholds().band(score)
	}
	if doubts := doubts(r, tracks, q, out, DefaultRules()); len(doubts) > 0 {
		out.Status, out.Reasons = Inconclusive, doubts
		out.Wording = wording(English, Inconclusive, out.Band, doubts[0])
		return out
	}
	out.Wording = wording(English, Scored, out.Band, "")
	return out
}

// doubts lists what makes a clip inconclusive, as Rules says.
func doubts(r *record, tracks []*series, q Quality, out Outcome, rules Rules) []Reason {
	var reasons []Reason
	small := q.MedianFacePx < rules.MinFacePx
	if small {
		reasons = append(reasons, FacesTooSmall)
	}
	usable := 0
	for _, t := range tracks {
		usable += t.usable
	}
	if !small && usable == 0 || usable > 0 && usableShare(r) < rules.MinUsableShare {
		reasons = append(reasons, LowQuality)
	}
	need := min(rules.MinFaces, len(r.frames))
	if usable > 0 && usable < need {
		reasons = append(reasons, TooFewFaces)
	}
	if i := out.Interval; i != nil && i[1]-i[0] > rules.MaxInterval {
		reasons = append(reasons, WideInterval)
	}
	if len(r.frames) == 1 && out.Band == Moderate {
		reasons = append(reasons, SinglePicture)
	}
	return reasons
}

// usableShare is the share of all recorded faces that count.
func usableShare(r *record) float64 {
	n := 0
	for _, f := range r.faces {
		if f.counts() {
			n++
		}
	}
	return float64(n) / float64(max(1, len(r.faces)))
}

// band names a score.
func (t Thresholds) band(score float64) Band {
	switch {
	case score >= t.VeryStrong:
		return VeryStrong
	case score >= t.Strong:
		return Strong
	case score >= t.Moderate:
		return Moderate
	}
	return Weak
}

// qualityOf sums up the faces of the tracks that were kept.
func qualityOf(r *record, number []int) Quality {
	var sizes, sharp, blocky []float64
	var q Quality
	usable, start := 0, 0
	for _, f := range r.frames {
		good := false
		for _, face := range r.faces[start:f.end] {
			if !face.scored() {
				q.BadScores++
			}
			if number[face.track] == 0 {
				continue
			}
			good = good || face.counts()
			sizes = append(sizes, face.px())
			sharp = append(sharp, float64(face.sharp))
			blocky = append(blocky, float64(face.blocky))
		}
		if good {
			usable++
		}
		start = f.end
	}
	q.UsableFaceShare = round(float64(usable)/float64(max(1, len(r.frames))), 4)
	q.MedianFacePx = round(median(sizes), 1)
	q.Sharpness, q.Compression = round(median(sharp), 3), round(median(blocky), 3)
	return q
}
