// A web application with BLIP's endpoints: dotnet run samples/web.cs, then
//
//   curl --data-binary @weights/samples/00.png -H 'Content-Type: image/png' localhost:5000/caption
#:sdk Microsoft.NET.Sdk.Web
#:project ../Blip.Server/Blip.Server.csproj
#:property PublishAot=false
// A web program runs in its own folder otherwise, and weights/ would not be found.
#:property RunWorkingDirectory=$(MSBuildStartupDirectory)

using Blip.Server;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddBlipServer(options => options.CaptionModel = "weights/captioning");
builder.Services.Configure<BlipServerOptions>(builder.Configuration.GetSection("Blip")); // limits, keys, further models
var app = builder.Build();
app.MapBlip();
app.MapGet("/", () => "POST an image to /caption");
app.Run();
