title "The client loses power while the connection is idle"
story [[
A machine that loses power sends nothing, so the server cannot know: its connection stays ESTABLISHED for ever. With keepalive it probes:
after 60 s of silence, then every 5 s; three unanswered probes end the connection with ETIMEDOUT, 75 s after the last segment.]]

local client, server = host "client", host "server"
link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms" }

server:run(function()
	local connection = server:listen(80):accept()
	connection:keepalive(param("idle", 60), param("interval", 5), param("probes", 3))
	connection:recv(100)
	local last_word = now()
	local data, err = connection:recv(100)
	expect_equal(err, "ETIMEDOUT", "how the server learns of it")
	expect_near(now() - last_word, 75, 0.1, "seconds until the server notices")
end)

client:run(function()
	client:connect("10.0.0.2", 80):send "hello"
end)

at(1, function() client:power_off() end)
