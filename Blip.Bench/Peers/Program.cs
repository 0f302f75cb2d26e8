using System.Globalization;
using Blip.Bench.Peers;
using Blip.Bench.Reporting;

try
{
    var options = PeerOptions.Parse(args, [.. PeerWorks.All.Keys]);
    using var session = new PeerSession(options);
    var records = new List<BenchRecord>();
    foreach (var (name, run) in PeerWorks.All.Where(work => options.Only.Count == 0 || options.Only.Contains(work.Key)))
    {
        Console.WriteLine(name);
        foreach (var record in run(session))
        {
            records.Add(record);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {record.Work,-16} {record.Precision,-5} {record.OursMs,8:F1} ms ({record.OursMinMs:F1} to {record.OursMaxMs:F1}); {record.Peer} {record.PeerMs,8:F1} ms ({record.PeerMinMs:F1} to {record.PeerMaxMs:F1}); {record.Ratio:F2} times as fast ({record.RatioMin:F2} to {record.RatioMax:F2})"));
        }
    }
    if (options.Json is { } path)
        (BenchFile.Here($"peers {string.Join(' ', args)}") with { Records = records }).Write(path);
    return 0;
}
catch (Exception e) when (e is ArgumentException or InvalidDataException)
{
    Console.Error.WriteLine(e.Message);
    return e is ArgumentException ? 2 : 1;
}
