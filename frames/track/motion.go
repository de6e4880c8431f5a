package track

import (
	"math"
	"time"
)

// How people move and are seen. Lengths are in face sizes, so that near and far faces are held to the same.
const (
	// jitter is the standard deviation of where a detector puts a face.
	jitter = 0.07
	// pace is the usual speed of a face, per second, and persistence how many seconds it lasts: heads nod, people walk on.
	pace, persistence = 0.8, 3.0
	// sizeJitter is the standard deviation of the logarithm of a side from sample to sample, sizeDrift what a second adds
	// (in squares), settled the seconds over which a size is averaged.
	sizeJitter, sizeDrift, settled = 0.08, 0.05, 1.0
	// tails are the degrees of freedom of Student's t: now and then somebody jumps up.
	tails = 3.0
	// usuallyUnlike is how much the looks of one face differ on average from one sample to the next; beyond mostUnlike times
	// that nothing more is learned: lights go on and off.
	usuallyUnlike, mostUnlike = 0.03, 5
	// missed is what it costs to have overlooked a face that shows again, and gone what each second adds: in a crowd it is
	// somebody else in the end.
	missed, gone = 0.7, 2.0
)

// motion is the state of a track that may still go on: a Kalman filter, of the same gain along both axes, for a velocity
// that forgets (an Ornstein-Uhlenbeck process). Places are in pixels, velocities in pixels per second.
type motion struct {
	id             int
	hits           int
	x, y, vx, vy   float64 // of the centre, as estimated when last seen
	side           float64 // logarithm of the side in pixels, averaged
	place          float64 // variance of x and of y, in squared sides
	speed, between float64 // variance of vx and of vy, and their covariance with x and y
	seen           time.Duration
	look           look
	looked         bool // look is known
}

// newMotion starts with what one face tells: where it is, not where it goes.
func newMotion(id int, pts time.Duration, face *seenFace) *motion {
	m := &motion{id: id, hits: 1, seen: pts, place: jitter * jitter, speed: pace * pace, look: face.look, looked: face.looked}
	m.x, m.y, m.side = measured(face)
	return m
}

// measured is the centre of a face and the logarithm of its side.
func measured(face *seenFace) (x, y, side float64) {
	b := face.Box
	return float64(b.X) + float64(b.W)/2, float64(b.Y) + float64(b.H)/2, math.Log(float64(b.W)*float64(b.H)) / 2
}

// after is the motion some seconds later, nothing seen meanwhile.
func (m *motion) after(dt float64) motion {
	left := math.Exp(-dt / persistence) // of the velocity
	way := persistence * (1 - left)     // seconds of it that count
	const drive = pace * pace           // variance that the velocity goes back to
	p := *m
	p.x, p.y, p.vx, p.vy = m.x+way*m.vx, m.y+way*m.vy, left*m.vx, left*m.vy
	p.place += 2*way*m.between + way*way*m.speed + drive*persistence*persistence*(2*dt/persistence-3+4*left-left*left)
	p.between = left*(m.between+way*m.speed) + drive*persistence*(1-left)*(1-left)
	p.speed = left*left*m.speed + drive*(1-left*left)
	return p
}

// follow moves the track to where its face was found.
func (m *motion) follow(pts time.Duration, face *seenFace) {
	dt := (pts - m.seen).Seconds()
	p := m.after(dt)
	x, y, side := measured(face)
	gain, gainOfSpeed := p.place/(p.place+jitter*jitter), p.between/(p.place+jitter*jitter)
	p.x, p.vx = p.x+gain*(x-p.x), p.vx+gainOfSpeed*(x-p.x)
	p.y, p.vy = p.y+gain*(y-p.y), p.vy+gainOfSpeed*(y-p.y)
	p.speed -= gainOfSpeed * p.between
	p.place, p.between = (1-gain)*p.place, (1-gain)*p.between
	p.hits++
	p.side += max(1/float64(p.hits), 1-math.Exp(-dt/settled)) * (side - p.side)
	p.seen = pts
	if face.looked {
		p.look, p.looked = face.look, true
	}
	*m = p
}

// surprise says how little a face is expected where the motion has come to (after): minus the logarithm of its likelihood, 0
// for one that lies where a face followed for long does. dt are the seconds since the track was seen; away says that it was
// not in the frame before.
func (m *motion) surprise(dt float64, away bool, face *seenFace) float64 {
	x, y, side := measured(face)
	distance := math.Hypot(x-m.x, y-m.y) / math.Exp(m.side)
	sum := unexpected(distance, m.place+jitter*jitter, jitter*jitter, 2)
	sum += unexpected(side-m.side, sizeJitter*sizeJitter+sizeDrift*sizeDrift*dt, sizeJitter*sizeJitter, 1)
	if away {
		sum += missed + gone*dt
	}
	if m.looked && face.looked {
		sum += min(m.look.unlike(&face.look)/usuallyUnlike, mostUnlike) - 1
	}
	return sum
}

// unexpected is minus the logarithm of Student's t at a distance in some dimensions, against its peak at the least variance.
func unexpected(distance, variance, least, dimensions float64) float64 {
	return (tails+dimensions)/2*math.Log1p(distance*distance/(tails*variance)) + dimensions/2*math.Log(variance/least)
}
