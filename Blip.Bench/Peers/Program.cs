using Blip.Bench;
using Blip.Bench.Peers;

return BenchProgram.Invoke(new PeersCommand(Console.Out), args, Console.Out, Console.Error);
