title "One message in several reads, several messages in one"
story [[
TCP carries a stream of bytes, not messages. What was written at once can be read in pieces, because a piece was lost on its way or the
reader's buffer is small; what was written in ten calls can come in one read. A program that needs messages must send their lengths, and
read until a message is complete.]]

local client, server = host "client", host "server"
local wire = link { client, "10.0.0.1/24", server, "10.0.0.2/24", delay = "20ms" }
wire:drop(function(p) return p.payload > 0 and p.seq == 1 + 1448 end, 1) -- the second segment, once

local function message(text) return string.pack(">s2", text) end

local function read_message(s)
	local header = s:recv_all(2)
	if #header < 2 then return nil end
	return s:recv_all((string.unpack(">I2", header)))
end

server:run(function()
	local c = server:listen(80):accept()
	local first = c:recv(10000)
	expect_equal(#first, 1448, "the first read gets what came in order, not what was written")
	expect_equal(#c:recv_all(3000 - 1448), 3000 - 1448, "the rest comes later")

	sleep(2)
	local many = c:recv(10000)
	expect_equal(#many, 50, "ten writes of five bytes in one read")

	for i = 1, 10 do expect_equal(read_message(c), ("x"):rep(i * 700), "a message with its length in front") end
	expect_equal(read_message(c), nil, "the end")
end)

client:run(function()
	local s = client:connect("10.0.0.2", 80)
	s:send(("a"):rep(3000))
	sleep(1)
	for i = 1, 10 do s:send "hello" end
	sleep(3)
	for i = 1, 10 do s:send(message(("x"):rep(i * 700))) end
	s:shutdown "wr"
end)
