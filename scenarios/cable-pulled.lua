title "The cable is pulled while data is on its way"
story [[
TCP cannot tell a pulled cable from a slow network: it retransmits, doubling the interval each time. When the cable is back within the
retransmissions that tcp_retries2 allows, nothing is lost; otherwise the writer gets ETIMEDOUT after 15 minutes, or earlier with
TCP_USER_TIMEOUT.]]

local client, server = host "client", host "server"
local cable = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms" }

server:run(function()
	local listener = server:listen(80)
	local patient, strict = listener:accept(), listener:accept()
	expect_equal(patient:recv_all(10), "hello agai", "what was sent before and after is one stream")
	local data, err = patient:recv(1)
	expect_equal(err, nil)
end)

client:run(function()
	local patient, strict = client:connect("10.0.0.2", 80), client:connect("10.0.0.2", 80)
	strict:setsockopt("TCP_USER_TIMEOUT", 30000)
	patient:send "hello "
	sleep(1)

	cable:cut()
	patient:send "again"
	strict:send "anybody?"
	local cut = now()
	local data, err = strict:recv(1)
	expect_equal(err, "ETIMEDOUT", "the strict one gives up")
	expect_near(now() - cut, 30, 1, "seconds by TCP_USER_TIMEOUT")
	sleep(60)
	cable:heal()
	sleep(60)
	expect_equal(patient:ioctl "SIOCOUTQ", 0, "the patient one got it through")

	cable:cut()
	patient:send "gone"
	cut = now()
	data, err = patient:recv(1)
	expect_equal(err, "ETIMEDOUT", "and gives up in the end")
	expect(now() - cut > 900 and now() - cut < 1000, "after about 15 minutes: " .. now() - cut)
end)
