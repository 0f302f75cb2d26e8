return Blip.Bench.BenchProgram.Run(args, Console.Out, Console.Error);
